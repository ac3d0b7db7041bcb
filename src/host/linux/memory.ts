/** Memory shared by C and JavaScript, and the C structures written into it. */

import { checkBytes, checkShared, isRange } from '../arguments.ts';
import type { HostBuffer } from '../host.ts';
import { addressOf } from './libc.ts';

/** An ArrayBuffer whose address is known. Frozen, so that its size and address stay true. */
export class LinuxBuffer implements HostBuffer {
  readonly size: number;
  readonly address: number;
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly view: DataView;
  /** Only the constructor can set it, so no imitation has it. Nobody else has this view. */
  readonly #bytes: Uint8Array;

  /**
   * Throws RangeError if bytes is not a size, or no memory is left.
   * @param shared memory of that many bytes, in whole 64-bit words
   */
  constructor(bytes: number, shared?: SharedArrayBuffer) {
    if (new.target !== LinuxBuffer) throw new TypeError('only Host.alloc makes a HostBuffer');
    checkBytes(bytes);
    const memory = shared ?? new ArrayBuffer(wholeWords(bytes));
    this.size = bytes;
    this.address = addressOf(memory);
    this.u8 = new Uint8Array(memory, 0, bytes);
    this.i32 = new Int32Array(memory);
    this.view = new DataView(memory);
    this.#bytes = new Uint8Array(memory, 0, bytes);
    Object.freeze(this);
  }

  /** Memory that other threads can use. */
  static shared(bytes: number): LinuxBuffer {
    checkBytes(bytes);
    return new LinuxBuffer(bytes, new SharedArrayBuffer(wholeWords(bytes)));
  }

  /** The buffer that another thread has made. */
  static over(memory: SharedArrayBuffer, bytes: number): LinuxBuffer {
    checkBytes(bytes);
    checkShared(memory, wholeWords(bytes));
    return new LinuxBuffer(bytes, memory);
  }

  /**
   * Whether buf is of this class and has count bytes from offset on. After a transfer of its
   * ArrayBuffer it has none: the memory belongs to another, or is freed.
   */
  static has(buf: HostBuffer, offset: number, count: number): boolean {
    if (typeof buf !== 'object' || buf === null || !(#bytes in buf)) return false;
    return isRange(offset, count, buf.#bytes.length);
  }

  /** Whether buf is of this class and has count bytes from its start. @param count an integer */
  static hasFirst(buf: HostBuffer, count: number): boolean {
    if (typeof buf !== 'object' || buf === null || !(#bytes in buf)) return false;
    return count >= 0 && count <= buf.#bytes.length;
  }
}

/** Whole 64-bit words, at least one: an empty ArrayBuffer has no address. */
function wholeWords(bytes: number): number {
  return Math.max(8, Math.ceil(bytes / 8) * 8);
}

const TWO_32 = 4294967296;

/** Writes a non-negative number below 2^53 as the 64-bit word at 32-bit index i. */
export function putWord64(words: Int32Array, i: number, value: number): void {
  words[i] = value | 0;
  words[i + 1] = Math.floor(value / TWO_32);
}

/** Reads the 64-bit word at 32-bit index i, as a number (exact below 2^53). */
export function word64(words: Int32Array, i: number): number {
  return words[i + 1]! * TWO_32 + (words[i]! >>> 0);
}

/**
 * Writes a duration in ns as a struct timespec at 32-bit index i; at most 104 days, beyond which a
 * number is no longer exact to the ns.
 */
export function putTimespec(words: Int32Array, i: number, ns: number): void {
  const most = Math.min(ns, Number.MAX_SAFE_INTEGER);
  const seconds = Math.floor(most / 1e9);
  putWord64(words, i, seconds);
  putWord64(words, i + 2, most - seconds * 1e9);
}
