/** Checks of arguments, for callers without a type checker. */

import { HOST_CALL_NAMES } from './calls.ts';
import {
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_GETPIPE_SZ,
  F_SETFD,
  F_SETFL,
  F_SETPIPE_SZ,
} from './constants.ts';
import type { SigAction } from './host.ts';
import { nearest } from './nearest.ts';

/** Whether a value is a C int. Any other number would reach the call changed: NaN as 0. */
export function isInt(value: number): boolean {
  return Number.isInteger(value) && value === (value | 0);
}

/** Whether all are ints; for calls that are rarely made. */
export function areInts(...values: readonly number[]): boolean {
  return values.every(isInt);
}

/** Whether it is a timeout: a number, and not NaN. */
export function isTimeout(ns: number): boolean {
  return typeof ns === 'number' && !Number.isNaN(ns);
}

/** Whether it is an object, to read or fill. If not, a call returns EFAULT as for a bad address. */
export function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** Whether a buffer of this many bytes has `count` bytes from `offset` on. */
export function isRange(offset: number, count: number, bytes: number): boolean {
  return (
    Number.isInteger(offset) &&
    Number.isInteger(count) &&
    offset >= 0 &&
    count >= 0 &&
    offset + count <= bytes
  );
}

/** Whether a word of memory that threads share stands at this index. */
export function isFutex(words: Int32Array, index: number): boolean {
  return (
    words instanceof Int32Array &&
    words.buffer instanceof SharedArrayBuffer &&
    Number.isInteger(index) &&
    index >= 0 &&
    index < words.length
  );
}

/** Whether fcntl(2) may be called with this command: the others take an address. */
export function isFcntl(cmd: number): boolean {
  return FCNTL.includes(cmd);
}

const FCNTL = [
  F_DUPFD,
  F_GETFD,
  F_SETFD,
  F_GETFL,
  F_SETFL,
  F_DUPFD_CLOEXEC,
  F_SETPIPE_SZ,
  F_GETPIPE_SZ,
  // F_SETOWN, F_GETOWN, F_SETSIG, F_GETSIG: signals from descriptors, which the simulated kernel lacks.
  ...[8, 9, 10, 11],
];

/**
 * A copy of the action that sigaction(2) is to set, or null if a field is wrong. Each field is read
 * once, since a getter may return something else the next time.
 */
export function takeAction(act: SigAction): SigAction | null {
  if (!isRecord(act)) return null;
  const { handler, flags, maskLo, maskHi } = act;
  if (![handler, flags, maskLo, maskHi].every(Number.isInteger)) return null;
  return { handler, flags, maskLo, maskHi };
}

/** @throws RangeError if it is not a number of bytes */
export function checkBytes(bytes: number): void {
  if (Number.isSafeInteger(bytes) && bytes >= 0) return;
  throw new RangeError(`alloc: size is ${shown(bytes)}: expected an integer from 0`);
}

/** @throws TypeError or RangeError if it is not shared memory of that many bytes */
export function checkShared(memory: unknown, bytes: number): void {
  if (!(memory instanceof SharedArrayBuffer)) {
    throw new TypeError(`attach: the memory is ${shown(memory)}: expected a SharedArrayBuffer`);
  }
  if (memory.byteLength === bytes) return;
  throw new RangeError(`attach: the memory has ${memory.byteLength} bytes: expected ${bytes}`);
}

/** A value as errors show it: `undefined`, `'5'`, `3n`, `an object`. */
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
 * Checks a callback when it is given, not only when it is called.
 * @throws TypeError
 */
export function checkFunction(value: unknown, what: string): void {
  if (typeof value !== 'function') {
    throw new TypeError(`${what} is ${shown(value)}: expected a function`);
  }
}

/**
 * Checks that a value has a method when it is given, not only when that method is called.
 * @throws TypeError
 */
export function checkHas(value: unknown, method: string, what: string, is: string): void {
  const found = (value as Record<string, unknown> | null | undefined)?.[method];
  if (typeof value === 'object' && typeof found === 'function') return;
  throw new TypeError(`${what} is ${shown(value)}: expected ${is}`);
}

/** @throws TypeError */
export function checkHost(host: unknown, what: string): void {
  const missing = missingMethods('host', host);
  if (missing.length === 0) return;
  throw new TypeError(
    `${what}: the host is ${shown(host)}${without(host, missing)}: expected a Host`,
  );
}

/** @throws TypeError */
export function checkObject(value: unknown, what: string, is: string): void {
  if (!isRecord(value)) throw new TypeError(`${what} is ${shown(value)}: expected ${is}`);
}

/** @throws TypeError */
export function checkString(value: unknown, what: string): void {
  if (typeof value !== 'string') {
    throw new TypeError(`${what} is ${shown(value)}: expected a string`);
  }
}

/** @throws TypeError */
export function checkArray(value: unknown, what: string, of: string): void {
  if (!Array.isArray(value)) throw new TypeError(`${what} is ${shown(value)}: expected ${of}`);
}

/** @throws TypeError if it is not a number, RangeError if not an integer from least to most */
export function checkInteger(value: unknown, what: string, least: number, most: number): void {
  if (typeof value !== 'number') {
    throw new TypeError(`${what} is ${shown(value)}: expected an integer`);
  }
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${what} is ${value}: expected an integer from ${least} to ${most}`);
}

/** @throws TypeError if it is not a number, RangeError if it is NaN or below 0 */
export function checkNs(value: unknown, what: string): void {
  if (typeof value !== 'number') {
    throw new TypeError(`${what} is ${shown(value)}: expected ns`);
  }
  if (!(value >= 0)) throw new RangeError(`${what} is ${value}: expected ns from 0`);
}

/** The methods that the value of an option must have. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  host: HOST_CALL_NAMES,
  loop: ['setFdHandler'],
  ctx: ['newBottomHalf'],
};

function missingMethods(option: string, value: unknown): readonly string[] {
  const methods = METHODS[option] ?? [];
  const found = value as Record<string, unknown> | null | undefined;
  return methods.filter((method) => typeof found?.[method] !== 'function');
}

/** ` without a()`, ` without a(), b() and 7 more calls` for an object; nothing for other values. */
function without(value: unknown, missing: readonly string[]): string {
  if (!isRecord(value) || missing.length === 0) return '';
  const named = missing.slice(0, 3).map((method) => `${method}()`);
  const rest = missing.length - named.length;
  const more = rest === 0 ? '' : ` and ${rest} more call${rest === 1 ? '' : 's'}`;
  return ` without ${named.join(', ')}${more}`;
}

/**
 * Checks the options that a constructor needs.
 * @param needed each option's name, and what it must be
 * @throws TypeError that names the first missing one, or its misspelled name
 */
export function checkOptions(options: object, what: string, needed: Record<string, string>): void {
  if (typeof options !== 'object' || options === null) {
    const names = Object.keys(needed).join(', ');
    throw new TypeError(`${what}: options are ${shown(options)}: expected an object with ${names}`);
  }
  for (const [name, is] of Object.entries(needed)) {
    const value = (options as Record<string, unknown>)[name];
    const missing = missingMethods(name, value);
    const meant = value === undefined ? nearest(name, Object.keys(options)) : undefined;
    if (meant !== undefined && !(meant in needed)) {
      throw new TypeError(`${what}: there is no option '${meant}': did you mean '${name}'?`);
    }
    if (typeof value === 'object' && value !== null && missing.length === 0) continue;
    const found = `${what}: option '${name}' is ${shown(value)}${without(value, missing)}`;
    throw new TypeError(`${found}: expected ${is}`);
  }
}

/** @throws RangeError if it is not one of the words */
export function checkWord(value: string, words: readonly string[], what: string): void {
  if (words.includes(value)) return;
  const all = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  throw new RangeError(`${what} is ${shown(value)}: expected ${all}`);
}
