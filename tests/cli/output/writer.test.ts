import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Output } from '../../../src/cli/output/output.ts';
import { wrap } from '../../../src/cli/text/style.ts';
import { formatDuration } from '../../../src/cli/text/units.ts';
import { F_GETFL, O_CLOEXEC, O_NONBLOCK } from '../../../src/host/constants.ts';
import { EINTR } from '../../../src/host/errno.ts';
import type { Host, HostBuffer } from '../../../src/host/host.ts';
import { FaultHost } from '../../../src/host/lenses/faults.ts';
import { HostLens } from '../../../src/host/lenses/lens.ts';
import { LinuxHost } from '../../../src/host/linux/linux-host.ts';
import { MainLoop } from '../../../src/mainloop/main-loop.ts';

describe('Output', () => {
  let host: Host;
  let loop: MainLoop;
  let ends: number[];
  beforeEach(() => {
    host = new LinuxHost();
    loop = new MainLoop({ host });
    ends = [];
  });
  afterEach(() => {
    for (const fd of ends) host.close(fd);
    loop.close();
    host.dispose();
  });

  const bytesOf = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => i % 251);

  /** Reads all that the loop brings until nothing waits any more. */
  function readAll(output: Output, fd: number, total: number): Uint8Array {
    const buffer = host.alloc(1000);
    const got = new Uint8Array(total);
    let at = 0;
    while (at < total) {
      const n = host.read(fd, buffer, 0, 1000);
      expect(n).toBeGreaterThan(0);
      got.set(buffer.u8.subarray(0, n), at);
      at += n;
      if (output.waiting > 0) loop.mainLoopWait(true);
    }
    return got;
  }

  // Blocking as a shell makes it, and as somebody else may have left it (EAGAIN).
  test.each([0, O_NONBLOCK])(
    'writes all in order to a slow reader, and never blocks: flags %i',
    (flags) => {
      host.pipe2(ends, O_CLOEXEC | flags);
      const output = new Output(host);
      output.useLoop(loop);
      const bytes = bytesOf(1_000_000);
      output.write(ends[1]!, bytes.subarray(0, 300_000));
      expect(output.full).toBe(true);
      output.write(ends[1]!, bytes.subarray(300_000));
      expect(output.waiting).toBeGreaterThan(900_000);
      let room = 0;
      output.onRoom(() => room++);
      // Not toEqual, which takes seconds for a million elements.
      expect(Buffer.compare(readAll(output, ends[0]!, bytes.length), bytes)).toBe(0);
      expect({ waiting: output.waiting, room }).toEqual({ waiting: 0, room: 1 });
      // It is no longer watched: the loop has nothing to do.
      expect(loop.watched.fds).toBe(2);
    },
  );

  test('without a loop writes as much as it can, even if interrupted, and the rest at flush', () => {
    host.pipe2(ends, O_CLOEXEC);
    const faults = new FaultHost(host);
    faults.active = true;
    const output = new Output(faults);
    const bytes = bytesOf(100_000);
    faults.add([{ call: 'poll', error: EINTR, after: 0, times: 1 }]);
    output.write(ends[1]!, bytes);
    expect({ waiting: output.waiting, pollFd: output.pollFd }).toEqual({
      waiting: 100_000 - 65_536,
      pollFd: ends[1],
    });
    const buffer = host.alloc(65_536);
    expect(host.read(ends[0]!, buffer, 0, 65_536)).toBe(65_536);
    output.flush();
    expect({ waiting: output.waiting, pollFd: output.pollFd }).toEqual({ waiting: 0, pollFd: -1 });
  });

  test('reports once that the reader is gone, and accepts no more', () => {
    host.pipe2(ends, O_CLOEXEC);
    const output = new Output(host);
    output.useLoop(loop);
    output.write(ends[1]!, bytesOf(200_000));
    const told: number[] = [];
    output.onBroken((fd) => told.push(fd));
    host.close(ends.shift()!);
    loop.mainLoopWait(true);
    output.write(ends[0]!, bytesOf(10));
    expect({ told, waiting: output.waiting }).toEqual({ told: [ends[0]], waiting: 0 });
  });

  test('writes a pipe by a description of its own, which does not block', () => {
    host.pipe2(ends, O_CLOEXEC);
    const written: number[] = [];
    const lens = new (class extends HostLens {
      override write(fd: number, ...rest: [HostBuffer, number, number]): number {
        written.push(fd);
        return super.write(fd, ...rest);
      }
    })(host);
    const output = new Output(lens, ends[1]!);
    output.write(ends[1]!, bytesOf(10));
    const isNonblocking = (fd: number): boolean => (host.fcntl(fd, F_GETFL, 0) & O_NONBLOCK) !== 0;
    expect(written.map(isNonblocking)).toEqual([true]);
    expect(isNonblocking(ends[1]!)).toBe(false);
    output.dispose();
  });

  test('output in the middle of an unfinished line begins on a line of its own', () => {
    host.pipe2(ends, O_CLOEXEC);
    const output = new Output(host);
    const text = (s: string): Uint8Array => new TextEncoder().encode(s);
    const writer = {};
    const fd = ends[1]!;
    output.write(fd, text('a1'), writer);
    output.write(fd, text('a2'), writer, writer);
    output.write(fd, text('b\n'));
    expect(output.holdsLine(writer)).toBe(false);
    output.write(fd, text('c\n'));
    const buffer = host.alloc(64);
    const n = host.read(ends[0]!, buffer, 0, 64);
    expect(new TextDecoder().decode(buffer.u8.subarray(0, n))).toBe('a1a2\nb\nc\n');
  });
});

describe('text', () => {
  test.each([
    [84, '84 ns'],
    [84_300, '84.3 µs'],
    [1_254_000, '1.25 ms'],
    [999_600, '1 ms'],
    [10e9, '10 s'],
    [125e9, '2 m 5 s'],
    [3900e9, '1 h 5 m'],
    [100 * 3600e9, '4 d 4 h'],
  ])('%i ns is %s', (ns, text) => {
    expect(formatDuration(ns)).toBe(text);
  });

  test('wrap keeps every word, and every line within its width', () => {
    const words = 'the quick brown fox jumps over the lazy dog';
    for (let width = 20; width < 60; width++) {
      const lines = wrap(words, 8, 4, width).split('\n');
      expect(lines.map((line) => line.trim()).join(' ')).toBe(words);
      expect(lines[0]!.length + 8).toBeLessThanOrEqual(width);
      for (const line of lines.slice(1)) expect(line.length).toBeLessThanOrEqual(width);
    }
  });
});
