import { stripVTControlCharacters } from 'node:util';
import type { LineOutput } from '../output/output.ts';

/** Lines of the children's output that can be scrolled back to. */
const MOST_LINES = 5000;

/**
 * Keeps the children's lines in memory. It takes what the prefixer would write to
 * descriptors 1 and 2, is never full, and cannot be closed.
 */
export class OutputPane implements LineOutput {
  readonly full = false;
  readonly #decoder = new TextDecoder();
  readonly #changed: () => void;
  #lines: string[] = [];
  #open: object | null = null;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  clear(): void {
    this.#lines = [];
    this.#open = null;
  }

  onRoom(): void {}

  onBroken(): void {}

  holdsLine(writer: object): boolean {
    return this.#open === writer;
  }

  write(
    _fd: number,
    bytes: Uint8Array,
    holder: object | null = null,
    continues: object | null = null,
  ): void {
    const parts = this.#decoder.decode(bytes).split('\n');
    if (parts.at(-1) === '') parts.pop();
    const goesOn = this.#open !== null && this.#open === continues;
    if (goesOn) this.#lines[this.#lines.length - 1] += printable(parts.shift() ?? '');
    for (const part of parts) this.#lines.push(printable(part));
    if (this.#lines.length > 2 * MOST_LINES) this.#lines = this.#lines.slice(-MOST_LINES);
    this.#open = holder;
    this.#changed();
  }
}

/** Strips whatever would move the cursor or set a colour. */
export function printable(text: string): string {
  return (
    stripVTControlCharacters(text.replaceAll('\t', '  '))
      // A progress bar rewrites its line with \r: keep what a terminal would show in the end.
      .replace(/^.*\r(?=[^\r])/s, '')
      .replace(/\p{Cc}/gu, '')
  );
}
