/**
 * simpletrace, against a reader that is written here from the format's
 * description: QEMU's scripts/simpletrace.py unpacks '=QQQ' for the file's header,
 * '=Q' for a record's type, '=Q', '=L' and a name for a mapping, '=QQII' for an
 * event, then '=Q' for each argument, or '=L' and bytes where its C type in the
 * trace-events file is a string.
 */

import { describe, expect, it } from 'vitest';
import { EV, EVENT_NAMES } from '../../src/trace/catalogue.ts';
import { traceEventsFile } from '../../src/trace/events-file.ts';
import { SimpleBackend } from '../../src/trace/simple-backend.ts';
import { feed, type MakeBackend, ORIGIN, type Seen, tracedRun, written } from './traced-run.ts';

const simple: MakeBackend = (write, origin) => new SimpleBackend(write, origin);

interface Unpacked {
  readonly name: string;
  readonly timestamp: bigint;
  readonly pid: number;
  readonly args: readonly (bigint | string)[];
}

/** C types of each event's arguments, by the trace-events file that goes with a trace. */
function cTypes(): Map<string, string[]> {
  const types = new Map<string, string[]>();
  for (const line of traceEventsFile().split('\n')) {
    const match = /^(\w+)\(([^)]*)\)/.exec(line);
    if (match === null) continue;
    const args = match[2] === 'void' ? [] : match[2]!.split(', ');
    types.set(
      match[1]!,
      args.map((arg) => arg.replace(/\w+$/, '').trim()),
    );
  }
  return types;
}

function unpack(bytes: Uint8Array): Unpacked[] {
  const data = Buffer.from(bytes);
  let at = 0;
  const skip = (bytes: number): number => {
    at += bytes;
    return at - bytes;
  };
  const q = (): bigint => data.readBigUInt64LE(skip(8));
  const l = (): number => data.readUInt32LE(skip(4));
  const text = (length: number): string => data.toString('utf8', skip(length), at);
  expect([q(), q(), q()]).toEqual([0xffffffffffffffffn, 0xf2b177cb0aa429b4n, 4n]);
  const types = cTypes();
  const names = new Map<bigint, string>();
  const events: Unpacked[] = [];
  while (at < data.length) {
    const type = q();
    if (type === 0n) {
      const id = q();
      names.set(id, text(l()));
      continue;
    }
    expect(type).toBe(1n);
    const start = at;
    const [id, timestamp, length, pid] = [q(), q(), l(), l()];
    const isDropped = id === 0xfffffffffffffffen;
    const name = isDropped ? 'dropped' : names.get(id)!;
    const args = (isDropped ? ['uint64_t'] : types.get(name)!).map((c) =>
      c.startsWith('const char *') ? text(l()) : q(),
    );
    expect(at - start).toBe(length);
    events.push({ name, timestamp, pid, args });
  }
  expect([...names]).toEqual(EVENT_NAMES.map((name, id) => [BigInt(id), name]));
  return events;
}

describe('simpletrace', () => {
  it('a whole run is read unchanged, negative numbers as C casts them', () => {
    const run = tracedRun();
    const events = unpack(written(simple, (backend) => feed(backend, run)));
    expect(events).toEqual(
      run.map(({ id, timeNs, args }) => ({
        name: EVENT_NAMES[id],
        timestamp: BigInt(timeNs),
        pid: ORIGIN.pid,
        args: args.map((arg) => (typeof arg === 'string' ? arg : BigInt.asUintN(64, BigInt(arg!)))),
      })),
    );
    expect(run.some(({ args }) => args.some((arg) => typeof arg === 'number' && arg < 0))).toBe(
      true,
    );
  });

  it('the bytes of one record', () => {
    const one: Seen = { id: EV.signal_handler_end, timeNs: 2 ** 40 + 1, args: [17, 'abc'] };
    const bytes = written(simple, (backend) => feed(backend, [one]));
    const record = Buffer.from(bytes.subarray(bytes.length - 47)).toString('hex');
    const id = Buffer.from([EV.signal_handler_end]).toString('hex');
    expect(record).toBe(
      `0100000000000000${id}00000000000000010000000001000027000000bc020000110000000000000003000000616263`,
    );
  });

  it('a long text is cut at 512 bytes, not within a character', () => {
    const texts = ['x'.repeat(600), 'ü'.repeat(300), `x${'ü'.repeat(300)}`];
    const events = texts.map((text): Seen => ({ id: EV.timer_del, timeNs: 1, args: [text] }));
    const read = unpack(written(simple, (backend) => feed(backend, events)));
    expect(read.map(({ args }) => args[0])).toEqual([
      'x'.repeat(512),
      'ü'.repeat(256),
      `x${'ü'.repeat(255)}`,
    ]);
  });

  it('reports lost events, with an event of its own', () => {
    const [event] = unpack(written(simple, (backend) => backend.dropped(2 ** 33, 7)));
    expect(event).toEqual({ name: 'dropped', timestamp: 7n, pid: ORIGIN.pid, args: [2n ** 33n] });
  });

  it('more than the buffer holds', () => {
    const one: Seen = { id: EV.timer_del, timeNs: 1, args: ['y'.repeat(500)] };
    const many = Array.from({ length: 1000 }, () => one);
    expect(unpack(written(simple, (backend) => feed(backend, many)))).toHaveLength(1000);
  });
});
