import type { Host } from '../../host/host.ts';
import { someWriter } from '../exit/write-all.ts';
import { isTerminal } from '../terminal/terminal.ts';

const STDERR = 2;
const EVERY_MS = 200;

/** A line on the terminal that says how far a search is; gone when it has ended. */
export class Progress {
  readonly #draw: ((text: string) => void) | null;
  #lastMs = performance.now();
  #isOnScreen = false;

  /** @param isWanted whether it is shown, if stderr is a terminal */
  constructor(own: Host | null, isWanted: boolean) {
    this.#draw = isWanted && isTerminal(own, STDERR) ? someWriter(own, STDERR) : null;
  }

  /** @param texts what is shown, and shorter texts for narrow terminals */
  show(...texts: readonly string[]): void {
    const nowMs = performance.now();
    if (this.#draw === null || nowMs - this.#lastMs < EVERY_MS) return;
    this.#lastMs = nowMs;
    this.#isOnScreen = true;
    const most = (process.stderr.columns ?? 80) - 1;
    const lines = texts.map((text) => `${text}; Ctrl-C ends it`);
    this.#over((lines.find(({ length }) => length <= most) ?? texts.at(-1)!).slice(0, most));
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
