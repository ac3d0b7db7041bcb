import { grouped } from '../limits.ts';
import type { Place } from '../problem.ts';
import { ScenarioEnded } from './ended.ts';

/** An endless log would fill the memory. */
const MOST_ENTRIES = 1_000_000;

/** One entry of the order log. */
export interface LogEntry {
  readonly text: string;
  /** Since the start, ns. */
  readonly timeNs: number;
  /** The loop's iteration, as its driver counts them; 0 before the first. */
  readonly iteration: number;
  /** The thread, in a run with several; the text begins with it. */
  readonly thread?: string;
}

/** A check of the file that failed. */
export interface FailedCheck {
  readonly at: Place;
  readonly message: string;
}

/** Takes the entries of a thread. */
export interface EntrySink {
  push(text: string, iteration: number): void;
}

/** The order log of a run, as its main thread sees it. */
export interface RunLog extends EntrySink {
  /** In order. */
  readonly entries: readonly LogEntry[];
}

/** The order log of a run with one thread. */
export class OrderLog implements RunLog {
  readonly entries: LogEntry[] = [];
  readonly #now: () => number;
  readonly #tell: ((entry: LogEntry) => void) | null;

  constructor(now: () => number, tell: ((entry: LogEntry) => void) | null) {
    this.#now = now;
    this.#tell = tell;
  }

  push(text: string, iteration: number): void {
    if (this.entries.length === MOST_ENTRIES) {
      throw new ScenarioEnded(`the order log has more than ${grouped(MOST_ENTRIES)} entries`);
    }
    const entry = { text, timeNs: this.#now(), iteration };
    this.entries.push(entry);
    this.#tell?.(entry);
  }
}

/** One thread's way into the order log. */
export class LaneLog {
  /** During settle, nothing is logged. */
  silent = false;
  readonly #log: EntrySink;
  readonly #iteration: () => number;
  /** The last result of each notifier's io_poll in the current series of io_polls. */
  readonly #row = new Map<string, boolean>();

  constructor(log: EntrySink, iteration: () => number) {
    this.#log = log;
    this.#iteration = iteration;
  }

  add(text: string): void {
    this.#row.clear();
    this.#push(text);
  }

  /** Logs an io_poll, unless it repeats its result within the series. */
  addIoPoll(name: string, ready: boolean): void {
    if (this.silent || this.#row.get(name) === ready) return;
    this.#row.set(name, ready);
    this.#push(`${name}.poll=${ready ? 1 : 0}`);
  }

  #push(text: string): void {
    if (!this.silent) this.#log.push(text, this.#iteration());
  }
}
