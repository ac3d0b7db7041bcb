/** Bytes in a ring that grows. */
export class ByteRing {
  #bytes = new Uint8Array(256);
  #start = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  put(from: Uint8Array, offset: number, n: number): void {
    while (this.#size + n > this.#bytes.length) this.#grow();
    const mask = this.#bytes.length - 1;
    for (let i = 0; i < n; i++)
      this.#bytes[(this.#start + this.#size + i) & mask] = from[offset + i]!;
    this.#size += n;
  }

  /** Takes at most n bytes; returns how many. */
  take(to: Uint8Array, offset: number, n: number): number {
    const got = Math.min(n, this.#size);
    const mask = this.#bytes.length - 1;
    for (let i = 0; i < got; i++) to[offset + i] = this.#bytes[(this.#start + i) & mask]!;
    this.#start = (this.#start + got) & mask;
    this.#size -= got;
    return got;
  }

  #grow(): void {
    const bytes = new Uint8Array(2 * this.#bytes.length);
    const mask = this.#bytes.length - 1;
    for (let i = 0; i < this.#size; i++) bytes[i] = this.#bytes[(this.#start + i) & mask]!;
    this.#bytes = bytes;
    this.#start = 0;
  }
}
