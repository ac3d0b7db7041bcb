import { stripVTControlCharacters } from 'node:util';
import type { LineOutput } from '../output/output.ts';

/** Lines of the children's output that can be scrolled back to. */
const MOST_LINES = 5000;

/**
 * The children's lines, in memory. It takes what the prefixer would write to
 * descriptors 1 and 2, is never full, and nobody can close it.
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

/** Text that moves no cursor and sets no colour. */
export function printable(text: string): string {
  return (
    stripVTControlCharacters(text.replaceAll('\t', '  '))
      // A progress bar begins its line again and again: the last is what would be seen.
      .replace(/^.*\r(?=[^\r])/s, '')
      .replace(/\p{Cc}/gu, '')
  );
}
