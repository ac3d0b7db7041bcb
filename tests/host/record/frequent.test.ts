/** Calls that repeat the last of their kind: they are written shorter, and replay like others. */

import { describe, expect, it } from 'vitest';
import { EFD_NONBLOCK, EPOLL_CTL_ADD, EPOLLIN, O_NONBLOCK } from '../../../src/host/constants.ts';
import type { Host, HostBuffer } from '../../../src/host/host.ts';
import { HostLens } from '../../../src/host/lenses/lens.ts';
import { RecordHost } from '../../../src/host/record/record-host.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';
import { Kept, replayOf } from './recorded.ts';

/** A kernel that takes all, and finds nothing. */
class Willing extends HostLens {
  constructor() {
    super(new SimHost());
  }

  override epollWait(): number {
    return 0;
  }

  override read(): number {
    return 0;
  }

  override write(_fd: number, _buf: HostBuffer, _offset: number, count: number): number {
    return count;
  }
}

/** Memory that counts the looks at it. */
function watched(bytes: number): { readonly buffer: HostBuffer; looks: number } {
  const memory = new SimHost().alloc(bytes);
  memory.u8.fill(1);
  const state = {
    looks: 0,
    buffer: {
      size: bytes,
      address: 0,
      get u8() {
        state.looks++;
        return memory.u8;
      },
      get i32() {
        state.looks++;
        return memory.i32;
      },
      view: memory.view,
    },
  };
  return state;
}

/** The looks that the second of two equal calls takes, and its bytes. */
function secondOf(call: (host: Host, buffer: HostBuffer) => void): [looks: number, bytes: number] {
  let bytes = 0;
  const host = new RecordHost(new Willing(), (piece) => {
    bytes = piece.length;
  });
  const memory = watched(64);
  call(host, memory.buffer);
  memory.looks = 0;
  host.flush();
  call(host, memory.buffer);
  host.flush();
  // The piece has six more bytes: a length, and two checksums.
  return [memory.looks, bytes - 6];
}

describe('a call like the last of its kind', () => {
  it('is written without a look at its memory', () => {
    expect(secondOf((host, buffer) => void host.epollWait(3, buffer, 4, 0))).toEqual([0, 2]);
    expect(secondOf((host, buffer) => void host.read(3, buffer, 8, 8))).toEqual([0, 2]);
  });

  it('is written after one look if it writes little', () => {
    expect(secondOf((host, buffer) => void host.write(3, buffer, 0, 8))).toEqual([1, 2]);
  });
});

/** Writes and reads: one thing differs from each to the next. */
function transfers(host: Host): unknown[] {
  const results: unknown[] = [];
  const ends = [-1, -1];
  results.push(host.pipe2(ends, O_NONBLOCK));
  const [from, to] = ends as [number, number];
  const nobody = 99;
  const first = host.alloc(64);
  const other = host.alloc(64);
  for (let i = 0; i < 64; i++) other.u8[i] = 255 - i;
  for (const [buf, offset, count] of [
    [first, 0, 8],
    [first, 0, 8],
    [first, 0, 7],
    [first, 1, 7],
    [other, 1, 7],
    [other, 0, 20],
    [other, 0, 20],
  ] as const) {
    for (let times = 0; times < 2; times++) {
      results.push(host.write(to, buf, offset, count));
      buf.u8[offset + count - 1]! += 1;
      results.push(host.read(from, first, 32, 20), [...first.u8]);
      results.push(host.read(from, other, 32, 20), [...other.u8]);
      results.push(host.read(nobody, other, 32, 20));
    }
    for (const fd of [to, nobody, nobody, to, to]) {
      results.push(host.write(fd, first, 0, 8), host.read(from, other, 0, 64));
    }
  }
  return results;
}

/** The same data after others, which the kernel did not take. */
function refusals(host: Host): unknown[] {
  const results: unknown[] = [];
  const ends = [-1, -1];
  results.push(host.pipe2(ends, O_NONBLOCK));
  const [from, to] = ends as [number, number];
  const data = host.alloc(8);
  const all = host.alloc(65_536);
  for (let round = 0; round < 3; round++) {
    results.push(host.write(to, data, 0, 8), host.write(to, all, 0, 65_536));
    results.push(host.write(to, data, 0, 8));
    data.u8[0] = 1;
    for (let i = 0; i < 10_000 && host.write(to, data, 0, 8) > 0; i++);
    results.push(host.write(to, data, 0, 8));
    for (let i = 0; i < 10 && host.read(from, all, 0, 65_536) > 0; i++);
    data.u8[0] = 0;
  }
  return results;
}

/** Calls without memory, from the first on. */
function wrong(host: Host): unknown[] {
  const none = null as unknown as HostBuffer;
  return [0, 1, 2].flatMap((times) => [
    host.epollWait(-1, none, 0, 0),
    host.read(-1, none, 0, 0),
    host.write(-1, none, 0, 0),
    host.write(1, none, 0, times),
  ]);
}

function waits(host: Host): unknown[] {
  const results: unknown[] = [];
  const epfd = host.epollCreate1(0);
  const fd = host.eventfd(1, EFD_NONBLOCK);
  results.push(host.epollCtl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN, 7));
  const first = host.alloc(64);
  const other = host.alloc(64);
  for (const [buf, max, timeoutNs] of [
    [first, 4, 0],
    [first, 4, 0],
    [first, 3, 0],
    [first, 3, 1],
    [other, 3, 1],
    [null as unknown as HostBuffer, 3, 1],
    [null as unknown as HostBuffer, 3, 1],
    [other, 3, 1],
  ] as const) {
    results.push(host.epollWait(epfd, buf, max, timeoutNs), [...(buf?.u8 ?? [])]);
    results.push(host.epollWait(fd, buf, max, timeoutNs));
  }
  return results;
}

it.each([
  ['reads and writes', transfers],
  ['waits', waits],
  ['writes that are refused', refusals],
  ['calls without memory', wrong],
])('%s that differ in one thing replay as they were', (_name, calls) => {
  const kept = new Kept(new SimHost());
  const recorded = calls(kept.host);
  const replay = replayOf(kept.end());
  expect(calls(replay)).toEqual(recorded);
  replay.finish();
});
