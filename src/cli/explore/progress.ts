const EVERY_MS = 200;

/** A line on the terminal that says how far a search is; gone when it has ended. */
export class Progress {
  readonly #what: string;
  readonly #draw: ((text: string) => void) | null;
  #lastMs = performance.now();
  #isOnScreen = false;

  /** @param draw writes to the terminal; null if the line is not shown */
  constructor(what: string, draw: ((text: string) => void) | null) {
    this.#what = what;
    this.#draw = draw;
  }

  show(states: number, transitions: number): void {
    const nowMs = performance.now();
    if (this.#draw === null || nowMs - this.#lastMs < EVERY_MS) return;
    this.#lastMs = nowMs;
    this.#isOnScreen = true;
    const known = `${states.toLocaleString('en')} states, ${transitions.toLocaleString('en')} transitions`;
    const line = `${this.#what}: ${known}; Ctrl-C ends it`;
    this.#over(line.slice(0, (process.stderr.columns ?? 80) - 1));
  }

  end(): void {
    if (this.#isOnScreen) this.#over('');
    this.#isOnScreen = false;
  }

  /** A terminal that takes nothing now, or is gone, misses it. */
  #over(line: string): void {
    this.#draw?.(`\r\x1b[K${line}`);
  }
}
