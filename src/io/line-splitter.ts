const NEWLINE = 10;
const RETURN = 13;

/** Makes lines of bytes that come in pieces. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  readonly #most: number;
  /** The beginning of a line whose end has not come. */
  #begun = new Uint8Array(0);

  /** @param most the most bytes of a line */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Calls `tell` for each line, without its end: \n or \r\n. Returns false if one is too long.
   * @param goesOn asked before each line; the rest is lost if it returns false
   */
  take(bytes: Uint8Array, tell: (line: string) => void, goesOn: () => boolean): boolean {
    let from = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, from);
      if (this.#begun.length + (end < 0 ? bytes.length : end) - from > this.#most) return false;
      if (end < 0) break;
      const line = this.#join(bytes.subarray(from, end));
      this.#begun = new Uint8Array(0);
      from = end + 1;
      tell(this.#text(line));
      if (!goesOn()) return true;
    }
    this.#begun = this.#join(bytes.subarray(from)).slice();
    return true;
  }

  /** The last line, if it has no end; null if there is none. */
  rest(): string | null {
    const rest = this.#begun;
    this.#begun = new Uint8Array(0);
    return rest.length === 0 ? null : this.#text(rest);
  }

  #join(bytes: Uint8Array): Uint8Array {
    if (this.#begun.length === 0) return bytes;
    const joined = new Uint8Array(this.#begun.length + bytes.length);
    joined.set(this.#begun);
    joined.set(bytes, this.#begun.length);
    return joined;
  }

  #text(line: Uint8Array): string {
    const end = line.at(-1) === RETURN ? line.length - 1 : line.length;
    return this.#decoder.decode(line.subarray(0, end));
  }
}
