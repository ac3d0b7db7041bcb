/** Checks of arguments, for callers without a type checker. */

import type { HostBuffer, SpawnRequest } from './host.ts';

/** Whether a value is a C int. Any other number would reach the call changed: NaN as 0. */
export function isInt(value: number): boolean {
  return Number.isInteger(value) && value === (value | 0);
}

/** Whether a buffer has count bytes from offset on. False if either is not a number. */
export function isWithin(buf: HostBuffer, offset: number, count: number): boolean {
  return offset >= 0 && count >= 0 && offset + count <= buf.size;
}

/** @throws RangeError if it is not a number of bytes */
export function checkBytes(bytes: number): void {
  if (Number.isInteger(bytes) && bytes >= 0) return;
  throw new RangeError(`alloc: size is ${shown(bytes)}: expected an integer from 0`);
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
    if (typeof value === 'object' && value !== null) continue;
    throw new TypeError(`${what}: option '${name}' is ${shown(value)}: expected ${is}`);
  }
}

/** @throws RangeError if it is not one of the words */
export function checkWord(value: string, words: readonly string[], what: string): void {
  if (words.includes(value)) return;
  const all = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  throw new RangeError(`${what} is ${shown(value)}: expected ${all}`);
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
  if (env !== undefined && !areStrings(env)) {
    const what = `env of ${file} is ${Array.isArray(env) ? 'not all strings' : shown(env)}`;
    throw new TypeError(`spawn: ${what}: expected an array of 'NAME=value' strings`);
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

function areStrings(list: readonly string[]): boolean {
  if (!Array.isArray(list)) return false;
  for (let i = 0; i < list.length; i++) if (typeof list[i] !== 'string') return false;
  return true;
}
