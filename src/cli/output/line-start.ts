/** The most memory that is kept for the next line. */
const SMALL = 4096;

/** The start of a line whose end has not come: it may come in very many parts. */
export class LineStart {
  length = 0;
  #memory = new Uint8Array(0);

  /** Valid until the next call of add. */
  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.length);
  }

  /** Copies the bytes. */
  add(bytes: Uint8Array): void {
    const length = this.length + bytes.length;
    if (length > this.#memory.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#memory.length));
      grown.set(this.bytes);
      this.#memory = grown;
    }
    this.#memory.set(bytes, this.length);
    this.length = length;
  }

  clear(): void {
    this.length = 0;
    if (this.#memory.length > SMALL) this.#memory = new Uint8Array(0);
  }
}
