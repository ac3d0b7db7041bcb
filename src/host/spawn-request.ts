/** Checks of SpawnRequests, for callers without a type checker. */

import { isInt, isRecord, shown } from './arguments.ts';
import type { SpawnRequest } from './host.ts';
import { aBoolean, anything, checkNames, type Shape } from './shape.ts';

const REQUEST: Shape<SpawnRequest> = {
  file: anything,
  argv: anything,
  env: anything,
  cwd: anything,
  fds: anything,
  keepFds: anything,
  pgroup: anything,
  setsid: aBoolean,
  foregroundTty: anything,
  pdeathsig: anything,
  uid: anything,
  gid: anything,
  groups: anything,
  ignoreSignals: anything,
};

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
  for (const name of ['argv', 'env', 'fds', 'keepFds', 'groups'] as const) {
    const list: unknown = copy?.[name];
    if (Array.isArray(list)) Object.assign(copy, { [name]: [...list] });
  }
  checkSpawnRequest(copy);
  const { env } = copy;
  return { ...copy, env: env === undefined || isStrings(env) ? env : envLines(env) };
}

/** Whether the child gets other ids than ours. */
export function changesIds({ uid, gid, groups }: SpawnRequest): boolean {
  return uid !== undefined || gid !== undefined || groups !== undefined;
}

/** Whether a user who is not root may not give these ids to a child. */
export function needsRoot({ uid, gid, groups }: SpawnRequest, own: number): boolean {
  return groups !== undefined || (uid ?? own) !== own || (gid ?? own) !== own;
}

function isStrings(env: NonNullable<SpawnRequest['env']>): env is readonly string[] {
  return Array.isArray(env);
}

function envLines(env: Readonly<Record<string, string | undefined>>): string[] {
  const set = Object.entries(env).filter(([, value]) => value !== undefined);
  return set.map(([name, value]) => `${name}=${value}`);
}

function checkEnvironment(env: unknown, file: string): void {
  if (areStrings(env)) return;
  if (!isRecord(env) || Array.isArray(env)) {
    const what = `env of ${file} is ${Array.isArray(env) ? 'not all strings' : shown(env)}`;
    throw new TypeError(
      `spawn: ${what}: expected an array of 'NAME=value' strings, or an object of strings`,
    );
  }
  for (const [name, value] of Object.entries(env as object)) {
    if (value === undefined || typeof value === 'string') continue;
    throw new TypeError(`spawn: ${name} in env of ${file} is ${shown(value)}: expected a string`);
  }
}

/** @throws TypeError if the request is not a SpawnRequest */
export function checkSpawnRequest(request: SpawnRequest): void {
  if (typeof request !== 'object' || request === null) {
    throw new TypeError(`spawn: the request is ${shown(request)}: expected { file, argv }`);
  }
  checkNames(request, 'spawn', REQUEST);
  const { file, argv, env, cwd, fds, keepFds } = request;
  if (typeof file !== 'string')
    throw new TypeError(`spawn: file is ${shown(file)}: expected a path`);
  if (!areStrings(argv)) {
    const what = `argv of ${file} is ${Array.isArray(argv) ? 'not all strings' : shown(argv)}`;
    throw new TypeError(`spawn: ${what}: expected an array of strings, argv[0] included`);
  }
  if (env !== undefined) checkEnvironment(env, file);
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
  if (request.setsid !== undefined) aBoolean(request.setsid, `spawn: setsid of ${file}`);
  checkInts('ignoreSignals', request.ignoreSignals, file, 'signal numbers');
  checkIds(request);
}

/** The kernel takes -1 for no change. */
const MOST_ID = 2 ** 32 - 2;

function checkIds({ file, uid, gid, groups }: SpawnRequest): void {
  const check = (what: string, id: unknown): void => {
    if (Number.isInteger(id) && (id as number) >= 0 && (id as number) <= MOST_ID) return;
    throw new TypeError(`spawn: ${what}${shown(id)}: expected an id from 0 to ${MOST_ID}`);
  };
  if (uid !== undefined) check(`uid of ${file} is `, uid);
  if (gid !== undefined) check(`gid of ${file} is `, gid);
  if (groups === undefined) return;
  if (!Array.isArray(groups)) {
    throw new TypeError(`spawn: groups of ${file} is ${shown(groups)}: expected an array`);
  }
  for (let i = 0; i < groups.length; i++) check(`groups of ${file} has `, groups[i]);
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
