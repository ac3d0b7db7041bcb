import type { MainLoop } from '../../mainloop/main-loop.ts';
import type { ChildRow } from '../log/summary.ts';
import type { ProcessState } from './process-state.ts';

/** What the view looks at. To be asked changes none of it. */
export interface Subject {
  readonly loop: MainLoop;
  readonly children: readonly ChildRow[];
  /** CLOCK_MONOTONIC at the start, by the clock of the loop's own host. */
  readonly startNs: number;
  /** Digits of a second in which times of events are shown: to the µs or the ns. */
  readonly digits: 6 | 9;
  /** What the lines between the tables and the events are. */
  readonly outputTitle: string;
  nowNs(): number;
  /** Null where there is no such process. */
  processState(pid: number): ProcessState | null;
  /** Looks at the loop and its host in a way that they do not notice. */
  look<T>(act: () => T): T;
}
