import { grouped } from '../limits.ts';
import { ScenarioEnded } from './ended.ts';

/** A log that goes on and on would fill the memory. */
const MOST_ENTRIES = 1_000_000;

/** One entry of the order log. */
export interface LogEntry {
  readonly text: string;
  /** Since the start, ns. */
  readonly timeNs: number;
  /** Of the loop, as its driver counts them; 0 before the first. */
  readonly iteration: number;
}

/** What happened, in order. */
export class OrderLog {
  readonly entries: LogEntry[] = [];
  /** While it settles, nothing is logged. */
  silent = false;
  readonly #now: () => number;
  readonly #iteration: () => number;
  readonly #tell: ((entry: LogEntry) => void) | null;
  /** What each notifier's io_poll last said in the row of io_polls that is under way. */
  readonly #row = new Map<string, boolean>();

  constructor(
    now: () => number,
    iteration: () => number,
    tell: ((entry: LogEntry) => void) | null,
  ) {
    this.#now = now;
    this.#iteration = iteration;
    this.#tell = tell;
  }

  add(text: string): void {
    this.#row.clear();
    this.#push(text);
  }

  /** An io_poll; one that says the same again in its row is not logged. */
  addIoPoll(name: string, ready: boolean): void {
    if (this.silent || this.#row.get(name) === ready) return;
    this.#row.set(name, ready);
    this.#push(`${name}.poll=${ready ? 1 : 0}`);
  }

  #push(text: string): void {
    if (this.silent) return;
    if (this.entries.length === MOST_ENTRIES) {
      throw new ScenarioEnded(`the order log has more than ${grouped(MOST_ENTRIES)} entries`);
    }
    const entry = { text, timeNs: this.#now(), iteration: this.#iteration() };
    this.entries.push(entry);
    this.#tell?.(entry);
  }
}
