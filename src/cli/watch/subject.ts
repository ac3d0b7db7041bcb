import type { MainLoop } from '../../mainloop/main-loop.ts';
import { fdName } from '../log/live-text.ts';
import type { ChildRow } from '../log/summary.ts';
import type { Kernel } from './kernel.ts';
import type { KernelWord, ThreadTable } from './thread-table.ts';

/** The loop that the view shows. Asking it changes nothing. */
export interface Subject {
  readonly loop: MainLoop;
  readonly children: readonly ChildRow[];
  /** Time of the start, by CLOCK_MONOTONIC of the loop's own host, in ns. */
  readonly startNs: number;
  /** Decimal places of event times: 6 for µs, 9 for ns. */
  readonly digits: 6 | 9;
  /** Title of the lines between the tables and the events. */
  readonly outputTitle: string;
  nowNs(): number;
  readonly kernel: Kernel;
  /** Whether asking the kernel costs the run time, so that it is asked for what is drawn only. */
  readonly isReal: boolean;
  /** The threads of the run, if there are several. */
  readonly threads?: {
    readonly table: ThreadTable;
    /** Whether the processor goes from one to another, so that it can be stepped by that. */
    readonly takeTurns: boolean;
    wordOf(name: string): KernelWord | null;
  };
  /** Looks at the loop and its host without their noticing. */
  look<T>(act: () => T): T;
}

/** The names of the descriptors that a loop polls now. */
export function fdNamesOf(loop: MainLoop): Map<number, string> {
  const names = new Map<number, string>();
  for (const ctx of [loop.context, loop.iohandler]) {
    for (const { fd, name } of ctx.handlers.values()) names.set(fd, fdName(name));
  }
  return names;
}
