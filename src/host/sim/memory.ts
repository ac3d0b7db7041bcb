import { checkBytes, isRange } from '../arguments.ts';
import type { HostBuffer } from '../host.ts';

/** Plain JavaScript memory, with the same checks as LinuxBuffer. */
export class SimBuffer implements HostBuffer {
  readonly size: number;
  readonly address = 0;
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly view: DataView;
  readonly #bytes: Uint8Array;

  /** Throws RangeError if bytes is not a size, or no memory is left. */
  constructor(bytes: number) {
    if (new.target !== SimBuffer) throw new TypeError('a HostBuffer is made by Host.alloc alone');
    checkBytes(bytes);
    // Whole words, so that the view of words covers every byte.
    const memory = new ArrayBuffer(Math.ceil(bytes / 4) * 4);
    this.size = bytes;
    this.u8 = new Uint8Array(memory, 0, bytes);
    this.i32 = new Int32Array(memory);
    this.view = new DataView(memory, 0, bytes);
    this.#bytes = new Uint8Array(memory, 0, bytes);
    Object.freeze(this);
  }

  /** Like LinuxBuffer.has. */
  static has(buf: HostBuffer, offset: number, count: number): boolean {
    if (typeof buf !== 'object' || buf === null || !(#bytes in buf)) return false;
    return isRange(offset, count, buf.#bytes.length);
  }
}
