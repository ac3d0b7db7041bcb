import type { Machine } from '../../scenario/run/machine.ts';
import type { LogEntry } from '../../scenario/run/order-log.ts';
import type { RunResult } from '../../scenario/run/run.ts';

/** Watches a run, and changes nothing of it. */
export interface Observer {
  /** Called before anything that the file declares is made. */
  open(machine: Machine): void;
  /** An entry of the order log, with CLOCK_MONOTONIC. */
  entry?(entry: LogEntry, nowNs: number): void;
  /** The run is over and judged. Events of the closing do not belong to it. */
  end(result: RunResult): void;
  /** Everything is closed. Returns whole lines for a person. */
  finish?(): string;
}
