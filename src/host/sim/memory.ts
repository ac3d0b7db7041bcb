import { checkBytes } from '../arguments.ts';
import type { HostBuffer } from '../host.ts';

/**
 * Plain JavaScript memory as a HostBuffer. Throws RangeError if bytes is not a size, or no memory
 * is left.
 */
export function newBuffer(bytes: number): HostBuffer {
  checkBytes(bytes);
  // Whole words, so that the view of words covers every byte.
  const memory = new ArrayBuffer((bytes + 3) & ~3);
  return {
    size: bytes,
    address: 0,
    u8: new Uint8Array(memory, 0, bytes),
    i32: new Int32Array(memory),
    view: new DataView(memory, 0, bytes),
  };
}
