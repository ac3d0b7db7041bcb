import {
  beginSynchronizedOutput,
  clearViewport,
  cursorTo,
  endSynchronizedOutput,
  eraseEndLine,
} from 'ansi-escapes';
import sliceAnsi from 'slice-ansi';
import stringWidth from 'string-width';
import { RESET } from '../text/style.ts';

/** Draws frames. Writes only the lines that differ from the frame before. */
export class Screen {
  readonly #write: (text: string) => void;
  #before: readonly string[] = [];
  #columns = 0;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Forgets what is on the terminal: the next frame is drawn whole. */
  forget(): void {
    this.#before = [];
    this.#columns = 0;
  }

  /** Draws a frame, with one write. No line may be wider than columns. */
  draw(lines: readonly string[], columns: number): void {
    let text = '';
    if (columns !== this.#columns || lines.length !== this.#before.length) {
      text = clearViewport;
      this.#before = [];
      this.#columns = columns;
    }
    for (const [y, line] of lines.entries()) {
      if (line === (this.#before[y] ?? '')) continue;
      // After a full line the cursor is on its last column, and erasing would clear that.
      const erase = widthOf(line) < columns ? eraseEndLine : '';
      text += `${cursorTo(0, y)}${line}${RESET}${erase}`;
    }
    this.#before = lines;
    if (text !== '') this.#write(beginSynchronizedOutput + text + endSynchronizedOutput);
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a colour begins with one
const COLOR = /\x1b\[[\d;]*m/g;
/** Matches most lines: every character takes one column. */
const NARROW = /^[ -~─│·µ…≤]*$/;

/** Columns that a text takes. string-width looks at every grapheme; most lines avoid that cost. */
export function widthOf(text: string): number {
  const plain = text.replace(COLOR, '');
  return NARROW.test(plain) ? plain.length : stringWidth(plain);
}

/** Makes a text exactly width columns wide: cut, or padded with spaces. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Cuts a text to width columns. */
export function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return width < 1 ? '' : `${sliceAnsi(text, 0, width - 1)}…`;
}
