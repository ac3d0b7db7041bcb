import { stripVTControlCharacters } from 'node:util';
import type { LineOutput } from '../output/output.ts';

/** Lines of the children's output that can be scrolled back to. */
const MOST_LINES = 5000;
/** Characters of the lines that are kept for what was shown before. */
const MOST_CHARS = 16 * 2 ** 20;

/** A place in the output: lines so far, and the length of the last one. */
export type Place = readonly [lines: number, last: number];

/**
 * Keeps the children's lines in memory, up to some number of characters. It takes what the prefixer would write to
 * descriptors 1 and 2, is never full, and cannot be closed.
 */
export class OutputPane implements LineOutput {
  readonly full = false;
  readonly #decoder = new TextDecoder();
  readonly #changed: () => void;
  #lines: string[] = [];
  #chars = 0;
  /** The number of lines that were given up. */
  #dropped = 0;
  #open: object | null = null;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** The last lines. */
  get lines(): readonly string[] {
    return this.#lines.slice(-MOST_LINES);
  }

  get place(): Place {
    return [this.#dropped + this.#lines.length, this.#lines.at(-1)?.length ?? 0];
  }

  /** The lines that were the last ones at a place. */
  linesAt([count, last]: Place): readonly string[] {
    const end = Math.max(0, count - this.#dropped);
    const lines = this.#lines.slice(Math.max(0, end - MOST_LINES), end);
    // It has gone on since.
    if (lines.length > 0) lines.push(lines.pop()!.slice(0, last));
    return lines;
  }

  /** A line by its number; '' if it is not kept. */
  readonly lineAt = (line: number): string => this.#lines[line - this.#dropped] ?? '';

  clear(): void {
    this.#lines = [];
    this.#chars = 0;
    this.#dropped = 0;
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
    if (goesOn) this.#lines[this.#lines.length - 1] += this.#shown(parts.shift() ?? '');
    for (const part of parts) this.#lines.push(this.#shown(part));
    if (this.#chars > MOST_CHARS && this.#lines.length > 2 * MOST_LINES) this.#dropHalf();
    this.#open = holder;
    this.#changed();
  }

  #shown(text: string): string {
    const shown = printable(text);
    this.#chars += shown.length;
    return shown;
  }

  #dropHalf(): void {
    const dropped = this.#lines.splice(0, this.#lines.length >> 1);
    for (const line of dropped) this.#chars -= line.length;
    this.#dropped += dropped.length;
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
