import type { Engine } from '../../scenario/run/engine.ts';
import type { LogEntry } from '../../scenario/run/order-log.ts';
import type { RunResult } from '../../scenario/run/run.ts';

/** Looks on, and changes nothing of what the run does. */
export interface Observer {
  /** Nothing that the file declares is there yet. */
  open(engine: Engine): void;
  /** An entry of the order log, with CLOCK_MONOTONIC. */
  entry?(entry: LogEntry, nowNs: number): void;
  /** The run is over and judged. What the closing traces is no part of it. */
  end(result: RunResult): void;
  /** Everything is closed. Returns what a person is to be told, in whole lines. */
  finish?(): string;
}
