import { MOST_VALUES } from './limits.ts';
import {
  COLON,
  COMMA,
  DASH,
  DOUBLE_QUOTE,
  endOfPlain,
  HASH,
  LIST_END,
  LIST_START,
  MAP_END,
  MAP_START,
  NEWLINE,
  ODD,
  QUOTE,
  SPACE,
  startsPlain,
} from './plain-chars.ts';
import { OpenParts, Texts } from './plain-parts.ts';
import type { Place } from './problem.ts';
import { type ListNode, type MapNode, type Node, type ScalarNode, SourceText } from './source.ts';

/**
 * Reads the part of YAML that scenario files are written in, ten times as fast as the library:
 * maps and lists, indented or in brackets, and texts on one line, plain or in quotes. Anything
 * else makes it give up: anchors, tags, escapes, texts of several lines, empty values, equal keys,
 * tabs, and whatever is wrong. The library then reads the file, and tells the problems.
 *
 * It must never read what the library reads otherwise: the fuzzer's `plain-yaml` compares both.
 * @returns null if it gives up
 */
export function readPlain(text: string): Node | 'too many values' | null {
  if (ODD.test(text)) return null;
  const reader = new PlainReader(text);
  const root = reader.read();
  return reader.isBeyond ? 'too many values' : root;
}

/** Deeper files are left to the library, and its check of the limit. */
const MOST_DEPTH = 50;
class PlainReader {
  isBeyond = false;
  readonly #text: string;
  #pos = 0;
  #line = 1;
  #lineStart = 0;
  /** Column of the line's first character after its spaces, from 0; -1 at the end. */
  #indent = 0;
  #values = 0;
  #depth = 0;
  readonly #texts = new Texts();
  readonly #open = new OpenParts();

  constructor(text: string) {
    this.#text = text;
  }

  read(): Node | null {
    this.#nextLine();
    const root = this.#indent === 0 ? this.#blockMap(0, this.#scalar(false)) : null;
    return this.#indent === -1 ? root : null;
  }

  /** Goes to the first character of the next line that has something, from the start of a line. */
  #nextLine(): void {
    const text = this.#text;
    for (;;) {
      this.#lineStart = this.#pos;
      while (text.charCodeAt(this.#pos) === SPACE) this.#pos++;
      const char = text.charCodeAt(this.#pos);
      if (char === HASH) this.#skipComment();
      else if (char !== NEWLINE) {
        this.#indent = this.#pos < text.length ? this.#pos - this.#lineStart : -1;
        return;
      }
      if (this.#pos >= text.length) {
        this.#indent = -1;
        return;
      }
      this.#pos++;
      this.#line++;
    }
  }

  /** Goes to the next line; false if there is more on this one than a comment. */
  #endLine(): boolean {
    const text = this.#text;
    while (text.charCodeAt(this.#pos) === SPACE) this.#pos++;
    if (text.charCodeAt(this.#pos) === HASH) {
      if (text.charCodeAt(this.#pos - 1) !== SPACE) return false;
      this.#skipComment();
    }
    if (this.#pos < text.length) {
      if (text.charCodeAt(this.#pos) !== NEWLINE) return false;
      this.#pos++;
      this.#line++;
    }
    this.#nextLine();
    return true;
  }

  #skipComment(): void {
    const end = this.#text.indexOf('\n', this.#pos);
    this.#pos = end === -1 ? this.#text.length : end;
  }

  /** A map whose keys are in a column; its first key has been read. */
  #blockMap(column: number, first: ScalarNode | null): MapNode | null {
    if (first === null || !this.#isRoom()) return null;
    const start = this.#open.entries.length;
    for (let key: ScalarNode | null = first; ; key = this.#scalar(false)) {
      if (key === null || !this.#isColon() || !this.#open.isNew(key, start)) return null;
      const value = this.#blockValue(column);
      if (value === null || this.#indent > column) return null;
      this.#open.entries.push({ key, value });
      if (this.#indent < column) break;
    }
    this.#depth--;
    return this.#open.map(start, first.at);
  }

  /** The value of a key in a column, and up to the next line. */
  #blockValue(column: number): Node | null {
    while (this.#text.charCodeAt(this.#pos) === SPACE) this.#pos++;
    const char = this.#text.charCodeAt(this.#pos);
    const isBelow = char === NEWLINE || char === HASH || Number.isNaN(char);
    if (!isBelow) return this.#inLine(column);
    if (!this.#endLine()) return null;
    if (this.#isDash()) return this.#indent < column ? null : this.#blockList(this.#indent);
    if (this.#indent <= column) return null;
    const start = this.#text.charCodeAt(this.#pos);
    if (start === LIST_START || start === MAP_START) return this.#inLine(column);
    return this.#blockMap(this.#indent, this.#scalar(false));
  }

  /** A text or brackets that nothing follows; brackets may end on a later line. */
  #inLine(column: number): Node | null {
    const node = this.#flowNode(column, false);
    if (node === null || !this.#endLine()) return null;
    // More of a plain text would be further to the right.
    return this.#indent > column ? null : node;
  }

  #blockList(column: number): ListNode | null {
    if (!this.#isRoom()) return null;
    const start = this.#open.items.length;
    const at = this.#place();
    do {
      this.#pos++;
      while (this.#text.charCodeAt(this.#pos) === SPACE) this.#pos++;
      const item = this.#listItem(column);
      if (item === null || this.#indent > column) return null;
      this.#open.items.push(item);
    } while (this.#indent === column && this.#isDash());
    this.#depth--;
    return this.#open.list(start, at);
  }

  #listItem(column: number): Node | null {
    const start = this.#pos - this.#lineStart;
    const char = this.#text.charCodeAt(this.#pos);
    if (char === LIST_START || char === MAP_START) return this.#inLine(column);
    const text = this.#scalar(false);
    if (text === null) return null;
    if (this.#text.charCodeAt(this.#pos) === COLON) return this.#blockMap(start, text);
    return this.#endLine() ? text : null;
  }

  /** @param column the one that continued lines must be to the right of */
  #flowNode(column: number, inFlow: boolean): Node | null {
    const char = this.#text.charCodeAt(this.#pos);
    if (char === LIST_START) return this.#flowList(column);
    if (char === MAP_START) return this.#flowMap(column);
    return this.#scalar(inFlow);
  }

  #flowList(column: number): ListNode | null {
    if (!this.#isRoom()) return null;
    const start = this.#open.items.length;
    const at = this.#place();
    this.#pos++;
    while (this.#isNext(LIST_END, column, this.#open.items.length - start)) {
      const item = this.#flowNode(column, true);
      if (item === null) return null;
      this.#open.items.push(item);
    }
    return this.#isClosed(LIST_END) ? this.#open.list(start, at) : null;
  }

  #flowMap(column: number): MapNode | null {
    if (!this.#isRoom()) return null;
    const start = this.#open.entries.length;
    const at = this.#place();
    this.#pos++;
    while (this.#isNext(MAP_END, column, this.#open.entries.length - start)) {
      const key = this.#scalar(true);
      if (key === null || !this.#isColon() || !this.#open.isNew(key, start)) return null;
      if (!this.#skipGap(column)) return null;
      const value = this.#flowNode(column, true);
      if (value === null) return null;
      this.#open.entries.push({ key, value });
    }
    return this.#isClosed(MAP_END) ? this.#open.map(start, at) : null;
  }

  /** Goes to the next item in brackets, past a comma if there was one before. */
  #isNext(end: number, column: number, before: number): boolean {
    if (!this.#skipGap(column)) return false;
    if (before > 0 && this.#text.charCodeAt(this.#pos) === COMMA) {
      this.#pos++;
      if (!this.#skipGap(column)) return false;
    } else if (before > 0) return false;
    return this.#text.charCodeAt(this.#pos) !== end;
  }

  #isClosed(end: number): boolean {
    if (this.#text.charCodeAt(this.#pos) !== end) return false;
    this.#pos++;
    this.#depth--;
    return true;
  }

  /** Skips spaces, line ends and comments in brackets. If it gives up, nothing is left to read. */
  #skipGap(column: number): boolean {
    const text = this.#text;
    const line = this.#line;
    for (; ; this.#pos++) {
      const char = text.charCodeAt(this.#pos);
      if (char === NEWLINE) {
        this.#line++;
        this.#lineStart = this.#pos + 1;
      } else if (char === HASH) {
        const before = text.charCodeAt(this.#pos - 1);
        if (before !== SPACE && before !== NEWLINE) break;
        this.#skipComment();
        this.#pos--;
      } else if (char !== SPACE) {
        if (this.#line !== line && this.#pos - this.#lineStart <= column) break;
        return true;
      }
    }
    this.#pos = text.length;
    return false;
  }

  #scalar(inFlow: boolean): ScalarNode | null {
    if (!this.#isWithin()) return null;
    const line = this.#line;
    const column = this.#pos - this.#lineStart + 1;
    const char = this.#text.charCodeAt(this.#pos);
    const isQuoted = char === DOUBLE_QUOTE || char === QUOTE;
    const text = isQuoted ? this.#quoted(char === QUOTE ? "'" : '"') : this.#plain(inFlow);
    return text === null ? null : new SourceText(text, false, line, column);
  }

  #quoted(quote: string): string | null {
    const end = this.#text.indexOf(quote, this.#pos + 1);
    const text = this.#text.slice(this.#pos + 1, end);
    const isPlain = end !== -1 && this.#text[end + 1] !== quote && !/[\\\n]/.test(text);
    if (isPlain) this.#pos = end + 1;
    return isPlain ? text : null;
  }

  #plain(inFlow: boolean): string | null {
    const text = this.#text;
    const start = this.#pos;
    if (!startsPlain(text.charCodeAt(start), text.charCodeAt(start + 1))) return null;
    const end = endOfPlain(text, start, inFlow);
    this.#pos = end;
    return this.#texts.part(text, start, end);
  }

  /** Passes the colon of a key. */
  #isColon(): boolean {
    if (this.#text.charCodeAt(this.#pos) !== COLON) return false;
    const next = this.#text.charCodeAt(++this.#pos);
    return next === SPACE || next === NEWLINE;
  }

  #isDash(): boolean {
    const text = this.#text;
    if (this.#indent === -1 || text.charCodeAt(this.#pos) !== DASH) return false;
    return text.charCodeAt(this.#pos + 1) === SPACE;
  }

  #place(): Place {
    return { line: this.#line, column: this.#pos - this.#lineStart + 1 };
  }

  /** Whether one more map or list is within the limits. */
  #isRoom(): boolean {
    return ++this.#depth <= MOST_DEPTH && this.#isWithin();
  }

  /** Whether one more value is. The document itself is one. */
  #isWithin(): boolean {
    this.isBeyond ||= ++this.#values >= MOST_VALUES;
    return !this.isBeyond;
  }
}
