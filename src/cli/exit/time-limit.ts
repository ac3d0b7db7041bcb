/** Node's timers take 24 days at most: it calls a longer one at once. */
const PART_MS = 2 ** 31 - 1;

/** A time limit of a run, by Node's own timers. */
export class TimeLimit {
  readonly #reached: () => void;
  #timer: NodeJS.Timeout | undefined;
  #restMs: number;

  /** @param ns null for no limit */
  constructor(ns: number | null, reached: () => void) {
    this.#reached = reached;
    this.#restMs = (ns ?? 0) / 1e6;
    if (ns !== null) this.#wait();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(): void {
    const part = Math.min(this.#restMs, PART_MS);
    this.#restMs -= part;
    this.#timer = setTimeout(() => (this.#restMs > 0 ? this.#wait() : this.#reached()), part);
  }
}
