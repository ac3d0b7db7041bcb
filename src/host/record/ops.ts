/**
 * The operations of a record: each call of a Host, and what else must be the same again. How their
 * arguments are written follows from the table of calls, so a new call is recorded as soon as it
 * stands there.
 */

import { isRange, shown } from '../arguments.ts';
import {
  type ArgKind,
  HOST_CALL_NAMES,
  HOST_CALLS,
  type HostCall,
  type HostCallName,
} from '../calls.ts';
import type { HostBuffer, SigAction, SignalMaskToken, SpawnRequest } from '../host.ts';
import { type ByteSink, type ByteSource, checksum } from './bytes.ts';
import { OWN, RARE } from './own-ops.ts';

/** An operation, and where its parts are. */
export interface Op {
  /** Its number in records that this version writes. */
  readonly code: number;
  readonly name: string;
  readonly call: HostCall;
  /** Name, kinds of arguments and result: another version's call is the same if this is. */
  readonly signature: string;
  readonly args: readonly OpArg[];
}

interface OpArg {
  readonly name: string;
  readonly kind: ArgKind;
  readonly isFilled: boolean;
  /** For a buffer: the indexes of the arguments that say which part of it is meant; -1 for none. */
  readonly offsetAt: number;
  readonly countAt: number;
}

function opOf(name: string, call: HostCall, code: number): Op {
  const names = call.args.map(([arg]) => arg);
  const kinds = call.args.map(([, kind]) => kind).join();
  return {
    code,
    name,
    call,
    signature: `${name}(${kinds})${call.result}`,
    args: call.args.map(([arg, kind]) => ({
      name: arg,
      kind,
      isFilled: call.fills?.includes(arg) === true,
      offsetAt: names.indexOf('offset'),
      countAt: Math.max(names.indexOf('count'), names.indexOf('length')),
    })),
  };
}

const ENTRIES: readonly (readonly [string, HostCall])[] = [
  ...Object.entries(OWN),
  ...HOST_CALL_NAMES.map((name) => [name, HOST_CALLS[name]] as const),
  ...Object.entries(RARE),
];

/** All operations, by their number. */
export const OPS: readonly Op[] = ENTRIES.map(([name, call], code) => opOf(name, call, code));
const BY_NAME = new Map(OPS.map((op) => [op.name, op]));

export function op(name: string): Op {
  return BY_NAME.get(name)!;
}

/** The part of a buffer that a call is about: [from, to). */
export function rangeOf(arg: OpArg, args: readonly unknown[], size: number): [number, number] {
  const offset = arg.offsetAt < 0 ? 0 : args[arg.offsetAt];
  const count = arg.countAt < 0 ? size : args[arg.countAt];
  if (typeof offset !== 'number' || typeof count !== 'number') return [0, 0];
  return isRange(offset, count, size) ? [offset, offset + count] : [0, 0];
}

/** Whether it is memory that a Host may have made. */
export function isBuffer(value: unknown): value is HostBuffer {
  return (
    typeof value === 'object' && value !== null && (value as HostBuffer).u8 instanceof Uint8Array
  );
}

/** Writes the arguments of a call: those that are numbers, and a checksum of what it is given. */
export function writeArgs(
  sink: ByteSink,
  { name, args: defs }: Op,
  args: readonly unknown[],
): void {
  if (name === 'poll') {
    writePollArgs(sink, args[0], args[1], args[2]);
    return;
  }
  for (let i = 0; i < defs.length; i++) {
    sink.room(32);
    writeArg(sink, defs[i]!, args[i], args);
  }
}

/** The bits of the checksum of a poll's descriptors: two bytes, since it is often written. */
const POLL_SUM = 0x3fff;

/** A checksum of the descriptors and events of a poll; -1 if they are not there. */
export function pollSum(fds: unknown, nfds: unknown): number {
  if (!isBuffer(fds) || typeof nfds !== 'number') return -1;
  const words = fds.i32;
  if (!isRange(0, 2 * nfds, words.length)) return -1;
  let sum = nfds;
  for (let i = 0; i < 2 * nfds; i += 2) {
    sum = Math.imul(sum ^ words[i]!, 0x01000193);
    sum = Math.imul(sum ^ (words[i + 1]! & 0xffff), 0x01000193);
  }
  return (sum ^ (sum >>> 15)) & POLL_SUM;
}

function writePollArgs(sink: ByteSink, fds: unknown, nfds: unknown, timeoutNs: unknown): void {
  sink.room(32);
  sink.number(nfds);
  sink.number(timeoutNs);
  sink.uint(pollSum(fds, nfds) + 1);
}

function writeArg(sink: ByteSink, arg: OpArg, value: unknown, args: readonly unknown[]): void {
  switch (arg.kind) {
    case 'number':
      sink.number(value);
      break;
    case 'numbers':
      writeNumbers(sink, value);
      break;
    case 'text':
      if (typeof value === 'string') sink.text(value);
      else sink.text(`not a text: ${shown(value)}`);
      break;
    case 'buffer':
      writeBuffer(sink, arg, value, args);
      break;
    case 'buffers':
      sink.uint(Array.isArray(value) ? value.length + 1 : 0);
      break;
    case 'action':
      writeAction(sink, arg, value);
      break;
    case 'request':
      sink.text(requestText(value as SpawnRequest));
      break;
    case 'token':
      writeNumbers(sink, (value as SignalMaskToken | undefined)?.signals);
      break;
    default:
      sink.text(typeof value);
  }
}

function writeNumbers(sink: ByteSink, value: unknown): void {
  if (!Array.isArray(value)) {
    sink.uint(0);
    return;
  }
  sink.room(10 * value.length + 16);
  sink.uint(value.length + 1);
  for (const one of value) {
    sink.room(16);
    sink.number(one);
  }
}

function writeBuffer(sink: ByteSink, arg: OpArg, value: unknown, args: readonly unknown[]): void {
  sink.uint(isBuffer(value) ? 1 : 0);
  if (!isBuffer(value) || arg.isFilled) return;
  const [from, to] = rangeOf(arg, args, value.u8.length);
  sink.u32(checksum(value.u8, from, to));
}

function writeAction(sink: ByteSink, arg: OpArg, value: unknown): void {
  const isGiven = typeof value === 'object' && value !== null;
  sink.uint(value === null ? 0 : isGiven ? 1 : 2);
  if (!isGiven || arg.isFilled) return;
  const { handler, flags, maskLo, maskHi } = value as SigAction;
  sink.room(64);
  for (const one of [handler, flags, maskLo, maskHi]) sink.number(one);
}

/** A request in words. Its environment may hold secrets, and is only compared. */
function requestText(request: SpawnRequest): string {
  try {
    const { env, ...rest } = request;
    const sum =
      env === undefined ? undefined : checksum(new TextEncoder().encode(JSON.stringify(env)));
    return JSON.stringify({ ...rest, env: sum });
  } catch {
    return shown(request);
  }
}

/** Reads the arguments of an operation, for people. */
export function showArgs(source: ByteSource, { name, args: defs }: Op): string {
  if (name === 'poll') {
    const [nfds, timeoutNs, sum] = [source.number(), source.number(), source.uint()];
    return `${nfds} descriptors (${sum.toString(16)}), ${timeoutText(timeoutNs)}`;
  }
  return defs.map((arg) => showArg(source, arg)).join(', ');
}

function timeoutText(timeoutNs: unknown): string {
  if (timeoutNs === -1) return 'no timeout';
  return typeof timeoutNs === 'number' ? `${timeoutNs} ns` : String(timeoutNs);
}

function showArg(source: ByteSource, arg: OpArg): string {
  switch (arg.kind) {
    case 'number':
      return arg.name === 'timeoutNs' ? timeoutText(source.number()) : String(source.number());
    case 'numbers':
    case 'token':
      return showNumbers(source);
    case 'text':
      return `'${source.text()}'`;
    case 'buffer': {
      const isOne = source.uint() === 1;
      if (!isOne) return 'no buffer';
      return arg.isFilled ? arg.name : `${arg.name} (${source.u32().toString(16)})`;
    }
    case 'buffers':
      return `${source.uint() - 1} buffers`;
    case 'action':
      return showAction(source, arg);
    case 'request':
      return source.text();
    default:
      return source.text();
  }
}

function showNumbers(source: ByteSource): string {
  const count = source.uint() - 1;
  if (count < 0) return 'no list';
  return `[${Array.from({ length: Math.min(count, source.bytes.length) }, () => source.number()).join(' ')}]`;
}

function showAction(source: ByteSource, arg: OpArg): string {
  const is = source.uint();
  if (is !== 1) return is === 0 ? 'null' : 'no action';
  if (arg.isFilled) return arg.name;
  const [handler, flags, lo, hi] = Array.from({ length: 4 }, () => source.number());
  return `{handler ${handler} flags ${flags} mask ${hi}:${lo}}`;
}

/**
 * Calls that both ends make for themselves, since the kernel has no say in them; and those that
 * have methods of their own below.
 */
const OWN_CALLS: readonly HostCallName[] = [
  'alloc',
  'allocShared',
  'attach',
  'onClose',
  'spawnAll',
  'newThread',
  'openNodeCall',
  'openNodeLoop',
  'openNodeWait',
  'openSignalPipe',
  'openPollRing',
  'close',
  'dispose',
];

/** All others. */
export const GENERIC_CALLS = HOST_CALL_NAMES.filter((name) => !OWN_CALLS.includes(name));
