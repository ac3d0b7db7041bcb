import { writeSync } from 'node:fs';

const STDERR = 2;
const EVERY_MS = 200;

/** A line on the terminal that says how far a search is; gone when it has ended. */
export class Progress {
  readonly #what: string;
  readonly #isShown: boolean;
  #lastMs = performance.now();
  #isOnScreen = false;

  constructor(what: string, isShown: boolean) {
    this.#what = what;
    this.#isShown = isShown;
  }

  show(states: number, transitions: number): void {
    const nowMs = performance.now();
    if (!this.#isShown || nowMs - this.#lastMs < EVERY_MS) return;
    this.#lastMs = nowMs;
    this.#isOnScreen = true;
    const known = `${states.toLocaleString('en')} states, ${transitions.toLocaleString('en')} transitions`;
    const line = `${this.#what}: ${known}; Ctrl-C ends it`;
    draw(line.slice(0, (process.stderr.columns ?? 80) - 1));
  }

  end(): void {
    if (this.#isOnScreen) draw('');
    this.#isOnScreen = false;
  }
}

/** Draws over the line. A terminal that takes nothing now, or is gone, misses it. */
function draw(line: string): void {
  try {
    writeSync(STDERR, `\r\x1b[K${line}`);
  } catch {}
}
