import type { ByteWriter } from './backend.ts';

const WORD = 2 ** 32;
/** The most bytes that UTF-8 needs for one unit of a JavaScript string. */
const BYTES_PER_UNIT = 3;

/** Gathers output in memory of a fixed size. Numbers are little-endian. */
export class ByteBuffer {
  readonly #write: ByteWriter;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #encoder = new TextEncoder();
  #length = 0;

  constructor(write: ByteWriter, size = 64 * 1024) {
    this.#write = write;
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /**
   * Keeps the next `bytes` bytes contiguous, so that they can be patched. Returns where they begin.
   */
  reserve(bytes: number): number {
    if (bytes > this.#bytes.length) throw new RangeError(`no room for ${bytes} bytes at once`);
    if (this.#length + bytes > this.#bytes.length) this.flush();
    return this.#length;
  }

  u32(value: number): void {
    this.reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  /** A whole number of up to 53 bits; a negative one as two's complement. */
  u64(value: number): void {
    this.u64Words(Math.floor(value / WORD), value);
  }

  /** 64 bits, from the low 32 bits of two numbers. */
  u64Words(high: number, low: number): void {
    this.reserve(8);
    this.#view.setUint32(this.#length, low, true);
    this.#view.setUint32(this.#length + 4, high, true);
    this.#length += 8;
  }

  /**
   * Writes as much of a text as fits into `most` bytes, without splitting a character. Returns the
   * number of bytes.
   */
  shortText(text: string, most: number): number {
    this.reserve(most);
    const room = this.#bytes.subarray(this.#length, this.#length + most);
    const { written } = this.#encoder.encodeInto(text, room);
    this.#length += written;
    return written;
  }

  /** A text as UTF-8. */
  text(text: string): void {
    if (text.length * BYTES_PER_UNIT <= this.#bytes.length) {
      this.shortText(text, text.length * BYTES_PER_UNIT);
      return;
    }
    this.flush();
    this.#write(this.#encoder.encode(text));
  }

  /** Overwrites a word in the part that reserve keeps contiguous. */
  patchU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  get length(): number {
    return this.#length;
  }

  flush(): void {
    if (this.#length === 0) return;
    const length = this.#length;
    this.#length = 0;
    this.#write(this.#bytes.subarray(0, length));
  }
}
