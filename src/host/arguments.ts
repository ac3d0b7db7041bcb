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

/** A value as an error names it: `undefined`, `'5'`, `3n`, `an object`. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (value !== null && (typeof value === 'object' || typeof value === 'function')) {
    return Array.isArray(value)
      ? 'an array'
      : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
  }
  return String(value);
}

/**
 * For the functions that a caller gives: told of here, not when they are to be called.
 * @throws TypeError
 */
export function checkFunction(value: unknown, what: string): void {
  if (typeof value !== 'function') {
    throw new TypeError(`${what} is ${shown(value)}: expected a function`);
  }
}
