import type { ByteWriter } from './backend.ts';

const WORD = 2 ** 32;
/** UTF-8 takes at most so many bytes for a unit of a JavaScript string. */
const BYTES_PER_UNIT = 3;

/** Gathers what is to be written in memory of fixed size. Numbers are little-endian. */
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

  /** What follows, of this many bytes at most, stands in one piece. Returns where. */
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

  /** A whole number of up to 53 bits; a negative one as its two's complement. */
  u64(value: number): void {
    this.u64Words(Math.floor(value / WORD), value);
  }

  /** 64 bits, by the low 32 bits of two numbers. */
  u64Words(high: number, low: number): void {
    this.reserve(8);
    this.#view.setUint32(this.#length, low, true);
    this.#view.setUint32(this.#length + 4, high, true);
    this.#length += 8;
  }

  /** As much of a text as fits into this many bytes, without a torn character. Returns how many it took. */
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

  /** Writes over a word in what reserve has kept together. */
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
