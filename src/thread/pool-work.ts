/** The work that a thread pool does: as its users ask for it, and as its queue carries it. */

import { checkInteger, checkObject, checkWord, shown } from '../host/arguments.ts';
import { EINVAL } from '../host/errno.ts';
import type { Host, HostBuffer } from '../host/host.ts';
import { type Coded, MOST_ARGS, type PoolQueue } from './pool-queue.ts';

/** A function that a module exports, made known by ThreadPool.function. */
export interface PoolFunction {
  readonly module: string;
  readonly name: string;
  /** @internal */
  readonly id: number;
}

/**
 * Work for a thread pool. Buffers are those of ThreadPool.alloc. The result is that of the system
 * call, a value or -errno; of `sleep` 0; of a function the number that it returns.
 */
export type PoolWork =
  | {
      readonly op: 'pread' | 'pwrite';
      readonly fd: number;
      readonly buffer: HostBuffer;
      /** The first byte of the buffer that is used; by default 0. */
      readonly from?: number | undefined;
      /** By default the rest of the buffer. */
      readonly count?: number | undefined;
      /** The position in the file. */
      readonly offset: number;
    }
  | {
      readonly op: 'preadv';
      readonly fd: number;
      /** Filled one after the other, at most 11. */
      readonly buffers: readonly HostBuffer[];
      readonly offset: number;
    }
  | { readonly op: 'fsync' | 'fdatasync'; readonly fd: number }
  | { readonly op: 'sleep'; readonly ns: number }
  | {
      readonly op: 'call';
      readonly function: PoolFunction;
      /** Numbers, and buffers of the pool; at most 13. */
      readonly args?: readonly (number | HostBuffer)[] | undefined;
    };

/** A function of a module that workers call. Its result is a number, or -errno. */
export type PoolCallee = (
  self: PoolSelf,
  ...args: (number | HostBuffer)[]
) => number | Promise<number>;

/** The first argument of a module's function: the worker that calls it. */
export interface PoolSelf {
  readonly host: Host;
  /** A copy of ThreadPoolOptions.data, the worker's own. */
  readonly data: unknown;
}

/** Its arguments are the position, the buffers, and 0. */
const MOST_BUFFERS = MOST_ARGS - 2;

const OPS = ['pread', 'pwrite', 'preadv', 'fsync', 'fdatasync', 'sleep', 'call'] as const;
type Op = (typeof OPS)[number];
const NUMBER = Object.fromEntries(OPS.map((op, i) => [op, i])) as Record<Op, number>;

/**
 * Codes work for the queue.
 * @param into becomes that request
 * @param idOf the number of a buffer of this pool
 * @throws TypeError, RangeError if the work is wrong
 */
export function encode(work: PoolWork, into: Coded, idOf: (buffer: HostBuffer) => number): void {
  checkObject(work, 'ThreadPool: the work', 'an object with op');
  checkWord(work.op, OPS, 'ThreadPool: op');
  const fd = fdOf(work);
  checkInteger(fd, 'ThreadPool: fd', -1, 2 ** 31 - 1);
  into.begin(NUMBER[work.op], fd);
  switch (work.op) {
    case 'pread':
    case 'pwrite': {
      const { buffer, from = 0, offset } = work;
      into.add(idOf(buffer));
      into.add(from);
      into.add(work.count ?? buffer.size - from);
      into.add(offset);
      break;
    }
    case 'preadv':
      encodeBuffers(work.buffers, work.offset, into, idOf);
      break;
    case 'call':
      encodeCall(work.args ?? [], into, idOf);
      break;
    case 'sleep':
      if (typeof work.ns !== 'number' || !(work.ns >= 0)) {
        throw new RangeError(`ThreadPool: ns is ${shown(work.ns)}: expected ns from 0`);
      }
      into.add(work.ns);
  }
}

function fdOf(work: PoolWork): number {
  if (work.op === 'sleep') return -1;
  return work.op === 'call' ? work.function.id : work.fd;
}

function encodeBuffers(
  buffers: readonly HostBuffer[],
  offset: number,
  into: Coded,
  idOf: (buffer: HostBuffer) => number,
): void {
  if (buffers.length > MOST_BUFFERS) {
    throw new RangeError(`ThreadPool: ${buffers.length} buffers: expected at most ${MOST_BUFFERS}`);
  }
  into.add(offset);
  for (const buffer of buffers) into.add(idOf(buffer));
}

function encodeCall(
  args: readonly (number | HostBuffer)[],
  into: Coded,
  idOf: (buffer: HostBuffer) => number,
): void {
  if (args.length > MOST_ARGS) {
    throw new RangeError(`ThreadPool: ${args.length} arguments: expected at most ${MOST_ARGS}`);
  }
  into.buffers = args.length << MOST_ARGS;
  for (const [i, arg] of args.entries()) {
    if (typeof arg !== 'number') into.buffers |= 1 << i;
    into.add(typeof arg === 'number' ? arg : idOf(arg));
  }
}

/** The buffers and functions that a worker knows. */
export interface PoolObjects {
  readonly data: unknown;
  buffer(id: number): HostBuffer;
  callee(id: number): Promise<PoolCallee>;
}

/** Does a request, in a worker. The result is a promise only for functions. */
export function perform(
  queue: PoolQueue,
  slot: number,
  host: Host,
  objects: PoolObjects,
  scratch: HostBuffer,
): number | Promise<number> {
  const fd = queue.fd(slot);
  const first = queue.arg(slot, 0);
  const second = queue.arg(slot, 1);
  const third = queue.arg(slot, 2);
  const fourth = queue.arg(slot, 3);
  switch (OPS[queue.op(slot)]) {
    case 'pread':
      return host.pread(fd, objects.buffer(first), second, third, fourth);
    case 'pwrite':
      return host.pwrite(fd, objects.buffer(first), second, third, fourth);
    case 'preadv': {
      const ids: number[] = [];
      for (let id = second; id !== 0; id = queue.arg(slot, ids.length + 1)) ids.push(id);
      return host.preadv(fd, ids.map(objects.buffer), first);
    }
    case 'fsync':
      return host.fsync(fd);
    case 'fdatasync':
      return host.fdatasync(fd);
    case 'sleep':
      return host.poll(scratch, 0, first);
    case 'call': {
      const buffers = queue.buffers(slot);
      const given = Array.from({ length: buffers >> MOST_ARGS }, (_, i) => {
        const arg = queue.arg(slot, i);
        return (buffers & (1 << i)) === 0 ? arg : objects.buffer(arg);
      });
      return call(objects, fd, host, given);
    }
    default:
      return -EINVAL;
  }
}

async function call(
  objects: PoolObjects,
  id: number,
  host: Host,
  args: readonly (number | HostBuffer)[],
): Promise<number> {
  const callee = await objects.callee(id);
  const result: unknown = await callee({ host, data: objects.data }, ...args);
  if (typeof result === 'number') return result;
  throw new TypeError(`ThreadPool: ${callee.name} returned ${shown(result)}: expected a number`);
}
