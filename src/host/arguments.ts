/** What may be wrong with a caller's arguments where no types are checked. */

import type { HostBuffer } from './host.ts';

/** Whether it is an int as C has it: else a call would take another number for it, NaN for 0. */
export function isInt(value: number): boolean {
  return Number.isInteger(value) && value === (value | 0);
}

/** Whether a buffer has so many bytes from there on; not where one of them is no number. */
export function isWithin(buf: HostBuffer, offset: number, count: number): boolean {
  return offset >= 0 && count >= 0 && offset + count <= buf.size;
}
