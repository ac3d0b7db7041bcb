/**
 * The answers of a call: its result, and what it has filled. Every answer begins with a number; a
 * text in its place is an error that the call threw.
 */

import { HostError } from '../errno.ts';
import type { Host, HostBuffer, SigAction, WaitResult } from '../host.ts';
import type { ByteSink, ByteSource } from './bytes.ts';
import { RecordReadError } from './errors.ts';
import { isBuffer, type Op, rangeOf } from './ops.ts';

const WAIT_FIELDS = [
  'pid',
  'uid',
  'code',
  'status',
  'utimeNs',
  'stimeNs',
  'maxrssKiB',
  'minflt',
  'majflt',
  'nvcsw',
  'nivcsw',
] as const satisfies readonly (keyof WaitResult)[];
const ACTION_FIELDS = [
  'handler',
  'flags',
  'maskLo',
  'maskHi',
] as const satisfies readonly (keyof SigAction)[];

type Fields = Record<string, number>;

/** The fields of an argument that is filled field by field; null for any other. */
function fieldsOf(kind: string): readonly string[] | null {
  if (kind === 'waitResult') return WAIT_FIELDS;
  return kind === 'action' ? ACTION_FIELDS : null;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The content of what a call may fill, before it does: only changes are written. */
export function contentBefore({ args: defs }: Op, args: readonly unknown[]): unknown[] {
  const before: unknown[] = [];
  for (let i = 0; i < defs.length; i++) {
    const { isFilled, kind, countAt } = defs[i]!;
    if (!isFilled) continue;
    const value = args[i];
    const fields = fieldsOf(kind);
    if (fields !== null && isObject(value)) before[i] = { ...value };
    else if (kind === 'buffer' && countAt < 0 && isBuffer(value)) before[i] = value.u8.slice();
  }
  return before;
}

/** Writes the result of a call that returns a number. */
export function writeNumber(sink: ByteSink, result: number): void {
  sink.room(16);
  sink.number(result);
}

export function writeThrown(sink: ByteSink, error: unknown): void {
  const { name, message, errno, syscall } = error as Partial<HostError>;
  sink.escaped(JSON.stringify({ name, message: message ?? String(error), errno, syscall }));
}

/** Reads the number that every answer begins with, or throws the error that was recorded. */
export function readNumber(source: ByteSource): number {
  const value = source.number();
  if (typeof value === 'number') return value;
  throw errorOf(value);
}

const ERRORS: Readonly<Record<string, new (message: string) => Error>> = { TypeError, RangeError };

function errorOf(text: string): Error {
  const { name, message, errno, syscall } = parsed(text);
  if (name === 'HostError') return new HostError(Number(errno), String(syscall));
  const error = new (ERRORS[String(name)] ?? Error)(String(message));
  if (typeof name === 'string') error.name = name;
  return error;
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new RecordReadError('an error in the record cannot be read');
  }
}

export function writeNumbers(sink: ByteSink, list: readonly number[]): void {
  sink.room(10 * list.length + 16);
  sink.number(list.length);
  for (const one of list) sink.number(one);
}

export function readNumbers(source: ByteSource): number[] {
  const count = readNumber(source);
  if (!(count >= 0 && count <= source.bytes.length)) {
    throw new RecordReadError(`byte ${source.at}: a list of ${count} numbers`);
  }
  return Array.from({ length: count }, () => source.plain());
}

/**
 * Writes the answer of a call.
 * @param before see contentBefore
 */
export function writeResult(
  sink: ByteSink,
  what: Op,
  args: readonly unknown[],
  result: unknown,
  before: readonly unknown[],
): void {
  switch (what.call.result) {
    case 'numbers':
      writeNumbers(sink, result as number[]);
      break;
    case 'token':
      writeNumber(sink, typeof result === 'number' ? result : 0);
      if (typeof result === 'number') break;
      writeNumbers(sink, (result as { signals: number[] }).signals);
      break;
    default:
      writeNumber(sink, Number(result));
      writeFills(sink, what, args, Number(result), before);
  }
}

/** Writes what a call has filled, after its result. */
export function writeFills(
  sink: ByteSink,
  { name, args: defs }: Op,
  args: readonly unknown[],
  result: number,
  before: readonly unknown[],
): void {
  for (let i = 0; i < defs.length; i++) {
    const arg = defs[i]!;
    if (!arg.isFilled) continue;
    const value = args[i];
    const fields = fieldsOf(arg.kind);
    if (fields !== null) {
      if (isObject(value)) writeFields(sink, fields, value as Fields, before[i] as Fields);
    } else if (arg.kind === 'pair') {
      if (result === 0) for (const one of (value as number[]).slice(0, 2)) writeNumber(sink, one);
    } else if (arg.kind === 'buffers') {
      writeBuffers(sink, value as readonly HostBuffer[], result);
    } else if (isBuffer(value)) {
      if (name === 'poll') writeRevents(sink, value, args[1] as number, result);
      else if (arg.countAt < 0) writeChanges(sink, value.u8, before[i] as Uint8Array);
      else if (result > 0) {
        const [from] = rangeOf(arg, args, value.u8.length);
        sink.data(value.u8, from, from + result);
      }
    }
  }
}

/** The counterpart of writeFills. */
export function readFills(
  source: ByteSource,
  { name, args: defs }: Op,
  args: readonly unknown[],
  result: number,
): void {
  for (let i = 0; i < defs.length; i++) {
    const arg = defs[i]!;
    if (!arg.isFilled) continue;
    const value = args[i];
    const fields = fieldsOf(arg.kind);
    if (fields !== null) {
      if (isObject(value)) readFields(source, fields, value as Fields);
    } else if (arg.kind === 'pair') {
      if (result === 0) for (const at of [0, 1]) (value as number[])[at] = source.plain();
    } else if (arg.kind === 'buffers') {
      readBuffers(source, value as readonly HostBuffer[], result);
    } else if (isBuffer(value)) {
      if (name === 'poll') readRevents(source, value, args[1] as number, result);
      else if (arg.countAt < 0) readChanges(source, value.u8);
      else if (result > 0) {
        const [from] = rangeOf(arg, args, value.u8.length);
        source.data(value.u8, from, from + result);
      }
    }
  }
}

function writeFields(sink: ByteSink, names: readonly string[], now: Fields, before: Fields): void {
  let mask = 0;
  names.forEach((name, i) => {
    if (!Object.is(now[name], before[name])) mask |= 1 << i;
  });
  sink.room(12 * names.length + 16);
  sink.uint(mask);
  names.forEach((name, i) => {
    if ((mask & (1 << i)) !== 0) sink.number(now[name]);
  });
}

function readFields(source: ByteSource, names: readonly string[], into: Fields): void {
  const mask = source.uint();
  names.forEach((name, i) => {
    if ((mask & (1 << i)) !== 0) into[name] = source.plain();
  });
}

/** The events of an epoll_wait that has found some. */
export function writeEvents(
  sink: ByteSink,
  events: HostBuffer,
  count: number,
  { epollStride, epollDataWord }: Pick<Host, 'epollStride' | 'epollDataWord'>,
): void {
  sink.room(24 * count);
  const words = events.i32;
  for (let i = 0; i < count; i++) {
    const at = i * epollStride;
    sink.uint(words[at]! >>> 0);
    sink.uint(words[at + epollDataWord]! >>> 0);
    sink.uint(words[at + epollDataWord + 1]! >>> 0);
  }
}

/** The revents of a poll: the distance from one ready entry to the next, and its bits. */
export function writeRevents(sink: ByteSink, fds: HostBuffer, nfds: number, result: number): void {
  if (result <= 0) return;
  sink.room(16 * result);
  const words = fds.i32;
  let last = -1;
  for (let i = 0; i < nfds; i++) {
    const revents = words[2 * i + 1]! >>> 16;
    if (revents === 0) continue;
    sink.uint(i - last);
    sink.uint(revents);
    last = i;
  }
}

export function readRevents(
  source: ByteSource,
  fds: HostBuffer,
  nfds: number,
  result: number,
): void {
  if (result < 0) return;
  const words = fds.i32;
  for (let i = 0; i < nfds; i++) words[2 * i + 1]! &= 0xffff;
  for (let left = result, i = -1; left > 0; left--) {
    i += source.uint();
    if (i >= nfds) throw new RecordReadError(`byte ${source.at}: there is no entry ${i}`);
    words[2 * i + 1]! |= source.uint() << 16;
  }
}

/** Only what differs: from the first to the last byte that does. */
function writeChanges(sink: ByteSink, now: Uint8Array, before: Uint8Array): void {
  let from = 0;
  let to = now.length;
  while (from < to && now[from] === before[from]) from++;
  while (to > from && now[to - 1] === before[to - 1]) to--;
  sink.room(16);
  sink.uint(to - from);
  if (to === from) return;
  sink.uint(from);
  sink.data(now, from, to);
}

function readChanges(source: ByteSource, into: Uint8Array): void {
  const count = source.uint();
  if (count === 0) return;
  const from = source.uint();
  source.data(into, from, from + count);
}

function writeBuffers(sink: ByteSink, buffers: readonly HostBuffer[], result: number): void {
  let left = result;
  for (const { u8 } of left > 0 ? buffers : []) {
    const count = Math.min(left, u8.length);
    sink.data(u8, 0, count);
    left -= count;
  }
}

function readBuffers(source: ByteSource, buffers: readonly HostBuffer[], result: number): void {
  let left = result;
  for (const { u8 } of left > 0 ? buffers : []) {
    const count = Math.min(left, u8.length);
    source.data(u8, 0, count);
    left -= count;
  }
}
