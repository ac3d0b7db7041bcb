import { checkBytes, checkShared, isRange } from '../arguments.ts';
import type { HostBuffer } from '../host.ts';

/** Plain JavaScript memory, with the same checks as LinuxBuffer. */
export class SimBuffer implements HostBuffer {
  readonly size: number;
  readonly address = 0;
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly view: DataView;
  readonly #bytes: Uint8Array;

  /**
   * Throws RangeError if bytes is not a size, or no memory is left.
   * @param memory room for that many bytes, in whole words, so that the view of words covers all
   */
  constructor(bytes: number, memory?: SharedArrayBuffer) {
    if (new.target !== SimBuffer) throw new TypeError('only Host.alloc makes a HostBuffer');
    checkBytes(bytes);
    const own = memory ?? new ArrayBuffer(wholeWords(bytes));
    this.size = bytes;
    this.u8 = new Uint8Array(own, 0, bytes);
    this.i32 = new Int32Array(own);
    this.view = new DataView(own, 0, bytes);
    this.#bytes = new Uint8Array(own, 0, bytes);
    Object.freeze(this);
  }

  /** Memory that the kernel and another thread share. */
  static shared(bytes: number): SimBuffer {
    checkBytes(bytes);
    return new SimBuffer(bytes, new SharedArrayBuffer(wholeWords(bytes)));
  }

  /** The memory of a buffer that another thread has made. */
  static over(memory: SharedArrayBuffer, bytes: number): SimBuffer {
    checkBytes(bytes);
    checkShared(memory, wholeWords(bytes));
    return new SimBuffer(bytes, memory);
  }

  /** Like LinuxBuffer.has. */
  static has(buf: HostBuffer, offset: number, count: number): boolean {
    if (typeof buf !== 'object' || buf === null || !(#bytes in buf)) return false;
    return isRange(offset, count, buf.#bytes.length);
  }
}

function wholeWords(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}
