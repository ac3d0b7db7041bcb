/** Records that are cut off, damaged, or of another program. */

import { describe, expect, it } from 'vitest';
import { AioContext } from '../../../src/aio/aio-context.ts';
import { EventNotifier } from '../../../src/aio/event-notifier.ts';
import { O_NONBLOCK } from '../../../src/host/constants.ts';
import { HostError } from '../../../src/host/errno.ts';
import type { Host } from '../../../src/host/host.ts';
import { RecordEnd, RecordReadError, ReplayDivergence } from '../../../src/host/record/errors.ts';
import { readRecord } from '../../../src/host/record/file.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';
import { MainLoop } from '../../../src/mainloop/main-loop.ts';
import { Kept, replayOf } from './recorded.ts';

/** A program with most kinds of answers. Returns what it has seen. */
function program(host: Host, told: string[], kicks = 3): void {
  const loop = new MainLoop({ host });
  const notifier = new EventNotifier(host);
  loop.context.setEventNotifier(notifier, {
    ioRead: () => {
      notifier.testAndClear();
      told.push(`kick ${loop.iterations}`);
    },
  });
  const pipe: number[] = [];
  host.pipe2(pipe, O_NONBLOCK);
  const buffer = host.alloc(4096);
  buffer.u8.set(new TextEncoder().encode('hello'));
  host.write(pipe[1]!, buffer, 0, 5);
  told.push(`read ${host.read(pipe[0]!, buffer, 8, 100)}`);
  told.push(new TextDecoder().decode(buffer.u8.slice(8, 13)));
  for (let i = 0; i < kicks; i++) {
    notifier.set();
    loop.mainLoopWait(true);
  }
  told.push(`blocked ${host.blockedSignals().length}, open ${host.open('/nowhere/x', 0, 0)}`);
}

function record(kicks = 3): { bytes: Uint8Array; told: string[]; pieces: Uint8Array[] } {
  const kept = new Kept(new SimHost());
  const told: string[] = [];
  program(kept.host, told, kicks);
  kept.host.flush();
  const bytes = kept.end();
  return { bytes, told, pieces: kept.pieces };
}

/** Runs the program on a record. Returns how it ended, and what it has seen. */
function replay(bytes: Uint8Array): { error: unknown; told: string[] } {
  const told: string[] = [];
  try {
    const host = replayOf(bytes);
    program(host, told);
    host.finish();
    return { error: host.ended, told };
  } catch (error) {
    return { error, told };
  }
}

function isOurs(error: unknown): boolean {
  return (
    error === null ||
    error instanceof RecordEnd ||
    error instanceof RecordReadError ||
    error instanceof ReplayDivergence
  );
}

const { bytes, told, pieces } = record();
const header = pieces[0]!.length;

describe('a record', () => {
  it('is replayed to its end', () => {
    expect(replay(bytes)).toEqual({ error: null, told });
    expect(told).toContain('hello');
  });

  it('that is cut off at any byte replays up to there', () => {
    let longest = 0;
    for (let length = 0; length < bytes.length; length++) {
      const { error, told: seen } = replay(bytes.subarray(0, length));
      if (length < header) expect(error).toBeInstanceOf(RecordReadError);
      else if (error !== null) expect(error).toBeInstanceOf(RecordEnd);
      expect(seen).toEqual(told.slice(0, seen.length));
      expect(seen.length).toBeGreaterThanOrEqual(longest);
      longest = seen.length;
    }
    expect(longest).toBe(told.length);
  });

  it('with a flipped bit in any byte is told apart, and never crashes', () => {
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [1, 8, 128]) {
        const flipped = bytes.slice();
        flipped[at]! ^= bit;
        const { error } = replay(flipped);
        expect([at, bit, isOurs(error), error === null]).toEqual([at, bit, true, false]);
      }
    }
  });

  it('of bytes without an order never crashes', () => {
    const start = Buffer.from(bytes.subarray(0, header));
    const body = readRecord(bytes).bytes;
    for (let seed = 1; seed < 2000; seed++) {
      const made = new Kept(new SimHost());
      const noise = body.slice();
      noise[(seed * 7919) % noise.length] = (seed * 31) % 256;
      noise[(seed * 104729) % noise.length] = (seed * 17) % 256;
      made.pieces.length = 0;
      const { error } = replay(new Uint8Array(Buffer.concat([start, pieceOf(noise)])));
      // A wrong answer may also be an errno, which the program throws.
      const isKnown = isOurs(error) || error instanceof HostError;
      expect([seed, isKnown, String(error)]).toEqual([seed, true, expect.anything()]);
    }
  });

  it('is no other file', () => {
    const text = new TextEncoder().encode('{"event":"poll_enter"}\n');
    expect(() => readRecord(text)).toThrow(/this is no record/);
    expect(() => readRecord(new Uint8Array())).toThrow(RecordReadError);
  });
});

/** A piece that is cut off, so that its checksum is not compared. */
function pieceOf(noise: Uint8Array): Uint8Array {
  const size = noise.length + 1;
  return Uint8Array.of((size & 127) | 128, size >> 7, 0, 0, 0, 0, ...noise);
}

describe('a program that is not the recorded one', () => {
  it('is told the call, the recorded one and its own', () => {
    const kept = new Kept(new SimHost());
    kept.host.open('/etc/hosts', 0, 0);
    const host = replayOf(kept.end());
    expect(() => host.open('/etc/passwd', 0, 0)).toThrow(
      "iteration 0, call 1: recorded open('/etc/hosts', 0, 0), now open('/etc/passwd', 0, 0)",
    );
  });

  it('is told so if it makes another call, and at every call after it', () => {
    const kept = new Kept(new SimHost());
    kept.host.getpid();
    const host = replayOf(kept.end());
    host.placeBy(() => 7);
    expect(() => host.getppid()).toThrow('iteration 7, call 1: recorded getpid(), now getppid()');
    expect(() => host.getpid()).toThrow(ReplayDivergence);
    expect(host.ended).toBeInstanceOf(ReplayDivergence);
  });

  it('is told so if it writes something else', () => {
    const kept = new Kept(new SimHost());
    const write = (host: Host, text: string): void => {
      const buffer = host.alloc(8);
      buffer.u8.set(new TextEncoder().encode(text));
      host.write(1, buffer, 0, 4);
    };
    write(kept.host, 'abcd');
    expect(() => write(replayOf(kept.end()), 'abce')).toThrow(ReplayDivergence);
  });

  it('is told so if it watches another descriptor', () => {
    const poll = (host: Host, events: number): void => {
      const fds = host.alloc(8);
      fds.i32[0] = 5;
      fds.i32[1] = events;
      host.poll(fds, 1, 0);
    };
    const kept = new Kept(new SimHost());
    poll(kept.host, 1);
    poll(kept.host, 1);
    const bytes = kept.end();
    const host = replayOf(bytes);
    poll(host, 1);
    expect(() => poll(host, 4)).toThrow(/recorded poll\(1 descriptors .* now poll\(1 desc/);
  });

  it('is told so if it ends early', () => {
    const { bytes: longer } = record(5);
    const { error } = replay(longer);
    expect(String(error)).toContain('recorded');
  });
});

describe('the size of a record', () => {
  function bytesOf(iterations: number, work: (host: Host) => () => void): number {
    const kept = new Kept(new SimHost());
    const step = work(kept.host);
    for (let i = 0; i < 10; i++) step();
    kept.host.flush();
    const before = kept.bytes.length;
    for (let i = 0; i < iterations; i++) step();
    kept.host.flush();
    return (kept.bytes.length - before) / iterations;
  }

  it('is two bytes for an idle iteration', () => {
    const idle = bytesOf(10_000, (host) => {
      const loop = new MainLoop({ host });
      return () => void loop.mainLoopWait(true);
    });
    expect(idle).toBeLessThan(2.01);
  });

  it('is at most ten for one with an event', () => {
    const kick = bytesOf(10_000, (host) => {
      const loop = new MainLoop({ host });
      const notifier = new EventNotifier(host);
      loop.context.setEventNotifier(notifier, { ioRead: () => void notifier.testAndClear() });
      return () => {
        notifier.set();
        loop.mainLoopWait(true);
      };
    });
    expect(kick).toBeLessThan(10);
    const bottomHalf = bytesOf(10_000, (host) => {
      const context = new AioContext({ host });
      const bh = context.newBottomHalf('b', () => {});
      return () => {
        bh.schedule();
        context.poll(true);
      };
    });
    expect(bottomHalf).toBeLessThan(3);
  });
});
