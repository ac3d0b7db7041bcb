/** Checks of arguments, for callers without a type checker. */

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
import type { SigAction, SpawnRequest } from './host.ts';

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
  checkHas(host, 'clockNs', `${what}: the host`, 'a Host');
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

/** The method by which the value of an option is recognized. */
const KNOWN_BY: Readonly<Record<string, string>> = {
  host: 'clockNs',
  loop: 'setFdHandler',
  ctx: 'newBottomHalf',
};

/**
 * Checks the options that a constructor needs.
 * @param needed each option's name, and what it must be
 * @throws TypeError that names the first missing one
 */
export function checkOptions(options: object, what: string, needed: Record<string, string>): void {
  if (typeof options !== 'object' || options === null) {
    const names = Object.keys(needed).join(', ');
    throw new TypeError(`${what}: options are ${shown(options)}: expected an object with ${names}`);
  }
  for (const [name, is] of Object.entries(needed)) {
    const value = (options as Record<string, unknown>)[name];
    const by = KNOWN_BY[name];
    const has =
      by === undefined || typeof (value as Record<string, unknown> | null)?.[by] === 'function';
    if (typeof value === 'object' && value !== null && has) continue;
    const lacks = by !== undefined && isRecord(value) ? ` without ${by}()` : '';
    throw new TypeError(`${what}: option '${name}' is ${shown(value)}${lacks}: expected ${is}`);
  }
}

/** @throws RangeError if it is not one of the words */
export function checkWord(value: string, words: readonly string[], what: string): void {
  if (words.includes(value)) return;
  const all = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  throw new RangeError(`${what} is ${shown(value)}: expected ${all}`);
}

/** A request as the hosts work on it. */
export interface TakenRequest extends SpawnRequest {
  readonly env?: readonly string[] | undefined;
}

/**
 * Copies a request and checks the copy, so that a later change cannot slip past the checks.
 * @throws TypeError if the request is not a SpawnRequest
 */
export function takeSpawnRequest(request: SpawnRequest): TakenRequest {
  const copy = typeof request === 'object' && request !== null ? { ...request } : request;
  for (const name of ['argv', 'env', 'fds', 'keepFds'] as const) {
    const list: unknown = copy?.[name];
    if (Array.isArray(list)) Object.assign(copy, { [name]: [...list] });
  }
  checkSpawnRequest(copy);
  const { env } = copy;
  return { ...copy, env: env === undefined || isStrings(env) ? env : envLines(env) };
}

function isStrings(env: NonNullable<SpawnRequest['env']>): env is readonly string[] {
  return Array.isArray(env);
}

function envLines(env: Readonly<Record<string, string | undefined>>): string[] {
  const set = Object.entries(env).filter(([, value]) => value !== undefined);
  return set.map(([name, value]) => `${name}=${value}`);
}

/** Whether it is an object of names and strings, some of them undefined. */
function isEnvironment(env: unknown): boolean {
  if (typeof env !== 'object' || env === null || Array.isArray(env)) return false;
  return Object.values(env).every((value) => value === undefined || typeof value === 'string');
}

/** @throws TypeError if the request is not a SpawnRequest */
export function checkSpawnRequest(request: SpawnRequest): void {
  if (typeof request !== 'object' || request === null) {
    throw new TypeError(`spawn: the request is ${shown(request)}: expected { file, argv }`);
  }
  const { file, argv, env, cwd, fds, keepFds } = request;
  if (typeof file !== 'string')
    throw new TypeError(`spawn: file is ${shown(file)}: expected a path`);
  if (!areStrings(argv)) {
    const what = `argv of ${file} is ${Array.isArray(argv) ? 'not all strings' : shown(argv)}`;
    throw new TypeError(`spawn: ${what}: expected an array of strings, argv[0] included`);
  }
  if (env !== undefined && !areStrings(env) && !isEnvironment(env)) {
    const what = `env of ${file} is ${Array.isArray(env) ? 'not all strings' : shown(env)}`;
    throw new TypeError(
      `spawn: ${what}: expected an array of 'NAME=value' strings, or an object of strings`,
    );
  }
  if (cwd !== undefined && typeof cwd !== 'string') {
    throw new TypeError(`spawn: cwd of ${file} is ${shown(cwd)}: expected a path`);
  }
  checkInts('fds', fds, file, 'descriptors');
  checkInts('keepFds', keepFds, file, 'descriptors');
  for (const name of ['pgroup', 'foregroundTty', 'pdeathsig'] as const) {
    const value = request[name];
    if (value === undefined || isInt(value)) continue;
    throw new TypeError(`spawn: ${name} of ${file} is ${shown(value)}: expected an integer`);
  }
  checkInts('ignoreSignals', request.ignoreSignals, file, 'signal numbers');
}

function checkInts(
  name: string,
  list: readonly number[] | undefined,
  file: string,
  are: string,
): void {
  if (list === undefined) return;
  if (!Array.isArray(list)) {
    throw new TypeError(`spawn: ${name} of ${file} is ${shown(list)}: expected an array`);
  }
  for (let i = 0; i < list.length; i++) {
    if (isInt(list[i])) continue;
    throw new TypeError(`spawn: ${name} of ${file} has ${shown(list[i])}: expected ${are}`);
  }
}

function areStrings(list: unknown): boolean {
  if (!Array.isArray(list)) return false;
  for (let i = 0; i < list.length; i++) if (typeof list[i] !== 'string') return false;
  return true;
}
