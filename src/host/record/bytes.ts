/**
 * Numbers, texts and bytes of a record.
 *
 * A whole number is a varint: seven bits a byte, the low ones first. A signed one is first made
 * unsigned (0, -1, 1, -2 become 0, 1, 2, 3). What is not a whole number begins with two bytes that
 * no varint begins with.
 */

import { RecordReadError } from './errors.ts';

/** The bytes that stand before a value that is not a whole number. */
const ESCAPE = [0x80, 0x00] as const;
const ESCAPED_NUMBER = 0;
const ESCAPED_TEXT = 1;

/** Whole numbers up to this are written as such. */
const MOST = 2 ** 62;
/** Below this twice a number, plus one, is no number of its own. */
const LEAST = -(2 ** 52);
const SMALL = 2 ** 30;

const PRIME = 0x01000193;
const OFFSET = 0x811c9dc5;

/** A checksum of bytes; it differs if one byte does. */
export function checksum(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let hash = OFFSET | 0;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, PRIME);
  return hash >>> 0;
}

/** Whether `ByteSink.number` writes a number as a whole one, not escaped. */
export function isWhole(value: number): boolean {
  return Number.isInteger(value) && value < MOST && value >= LEAST && !Object.is(value, -0);
}

/** A value that is not a whole number. */
export type Escaped = number | string;

/** Bytes that are appended to. */
export class ByteSink {
  bytes: Uint8Array;
  length = 0;
  readonly #encoder = new TextEncoder();
  readonly #float = new DataView(new ArrayBuffer(8));

  readonly #isShared: boolean;

  /** @param memory its size at first, or memory of other threads, which cannot grow */
  constructor(memory: number | SharedArrayBuffer) {
    this.#isShared = typeof memory !== 'number';
    this.bytes = typeof memory === 'number' ? new Uint8Array(memory) : new Uint8Array(memory);
  }

  /**
   * Makes room for that many more bytes.
   * @throws RangeError if shared memory has none
   */
  room(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    if (this.#isShared) throw new RangeError(`a record has no room for ${more} bytes more`);
    const larger = new Uint8Array(2 * (this.length + more));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  /** A whole number from 0. At most nine bytes, for which there must be room. */
  uint(value: number): void {
    if (value < 128) this.bytes[this.length++] = value;
    else this.#long(value);
  }

  #long(value: number): void {
    let rest = value;
    while (rest >= SMALL) {
      this.bytes[this.length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      this.bytes[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  /** A byte, and a number: what most operations are. There must be room. */
  answer(byte: number, result: number): void {
    const { bytes, length } = this;
    bytes[length] = byte;
    if ((result & 63) === result && !Object.is(result, -0)) {
      bytes[length + 1] = 2 * result;
      this.length = length + 2;
    } else {
      this.length = length + 1;
      this.number(result);
    }
  }

  /** Any number; and any other value, as a text about it. */
  number(value: unknown): void {
    if (typeof value !== 'number') {
      this.escaped(String(value));
    } else if (isWhole(value)) {
      this.uint(value < 0 ? -2 * value - 1 : 2 * value);
    } else this.escaped(value);
  }

  /** A value that is not a whole number, or is not to be taken for one. */
  escaped(value: Escaped): void {
    this.room(16);
    this.bytes[this.length++] = ESCAPE[0];
    this.bytes[this.length++] = ESCAPE[1];
    if (typeof value === 'string') {
      this.bytes[this.length++] = ESCAPED_TEXT;
      this.text(value);
      return;
    }
    this.bytes[this.length++] = ESCAPED_NUMBER;
    this.#float.setFloat64(0, value, true);
    for (let i = 0; i < 8; i++) this.bytes[this.length++] = this.#float.getUint8(i);
  }

  /** Four bytes. */
  u32(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) {
      this.bytes[this.length++] = (value >>> shift) & 255;
    }
  }

  text(text: string): void {
    const bytes = this.#encoder.encode(text);
    this.room(bytes.length + 18);
    this.uint(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /**
   * `to - from` bytes of `data`, whose number the reader must know. They are written as runs: some
   * bytes as they are, then a number of zeros.
   */
  data(data: Uint8Array, from: number, to: number): void {
    this.room(2 * (to - from) + 32);
    for (let at = from; at < to; ) {
      let end = at;
      while (end < to && !isZeros(data, end, to)) end++;
      this.uint(end - at);
      for (; at < end; at++) this.bytes[this.length++] = data[at]!;
      while (end < to && data[end] === 0) end++;
      if (at < to) this.uint(end - at);
      at = end;
    }
  }
}

/** Whether zeros begin here that are worth a run of their own. */
function isZeros(data: Uint8Array, at: number, to: number): boolean {
  if (data[at] !== 0) return false;
  return at + 2 >= to || (data[at + 1] === 0 && data[at + 2] === 0);
}

/** Reads what ByteSink has written. */
export class ByteSource {
  readonly bytes: Uint8Array;
  at = 0;
  readonly #end: () => never;
  readonly #decoder = new TextDecoder();

  /** @param end throws: called when the bytes end */
  constructor(bytes: Uint8Array, end: () => never) {
    this.bytes = bytes;
    this.#end = end;
  }

  get atEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  uint(): number {
    let byte = this.bytes[this.at++];
    if (byte === undefined) this.#end();
    if (byte < 128) return byte;
    let value = byte & 127;
    for (let factor = 128; ; factor *= 128) {
      byte = this.bytes[this.at++];
      if (byte === undefined) this.#end();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      if (factor > MOST) throw new RecordReadError(`byte ${this.at}: a number has no end`);
    }
  }

  /** Reads a value of `number` or `escaped`: a text if it was no number. */
  number(): Escaped {
    const byte = this.bytes[this.at]!;
    if (byte === ESCAPE[0] && this.bytes[this.at + 1] === ESCAPE[1]) return this.#escaped();
    const value = this.uint();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  /** Whether the next value is an escaped one. */
  get isEscaped(): boolean {
    return this.bytes[this.at] === ESCAPE[0] && this.bytes[this.at + 1] === ESCAPE[1];
  }

  /** A number. */
  plain(): number {
    const value = this.number();
    if (typeof value === 'number') return value;
    throw new RecordReadError(`byte ${this.at}: expected a number`);
  }

  #escaped(): Escaped {
    this.at += 2;
    const tag = this.uint();
    if (tag === ESCAPED_TEXT) return this.text();
    if (tag !== ESCAPED_NUMBER) throw new RecordReadError(`byte ${this.at}: unknown value ${tag}`);
    const bytes = this.take(8);
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
  }

  u32(): number {
    const bytes = this.take(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  }

  text(): string {
    // A copy, since a decoder takes no memory that threads share.
    return this.#decoder.decode(this.take(this.uint()).slice());
  }

  /** The next bytes themselves, not a copy. */
  take(count: number): Uint8Array {
    if (this.at + count > this.bytes.length) {
      this.at = this.bytes.length;
      this.#end();
    }
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  /**
   * Fills `into` from `from` to `to`.
   * @throws RecordReadError if there is no such place in it
   */
  data(into: Uint8Array, from: number, to: number): void {
    if (!(from >= 0 && to <= into.length)) {
      throw new RecordReadError(`byte ${this.at}: more bytes than were asked for`);
    }
    for (let at = from; at < to; ) {
      const bytes = this.take(Math.min(this.uint(), this.bytes.length + 1));
      if (at + bytes.length > to) throw new RecordReadError(`byte ${this.at}: too many bytes`);
      into.set(bytes, at);
      at += bytes.length;
      if (at >= to) return;
      const zeros = this.uint();
      if (at + zeros > to) throw new RecordReadError(`byte ${this.at}: too many bytes`);
      if (zeros === 0 && bytes.length === 0) {
        throw new RecordReadError(`byte ${this.at}: a run without bytes`);
      }
      into.fill(0, at, at + zeros);
      at += zeros;
    }
  }
}
