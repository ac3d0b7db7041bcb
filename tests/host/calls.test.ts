import { afterEach, describe, expect, it } from 'vitest';
import { O_CLOEXEC, O_NONBLOCK, POLLIN } from '../../src/host/constants.ts';
import { EAGAIN, EBADF, ETIMEDOUT } from '../../src/host/errno.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { libcCalls, loopCalls } from '../../src/host/linux/machine/calls.ts';

const host = new LinuxHost();
const fds: number[] = [];

afterEach(() => {
  for (const fd of fds.splice(0)) host.close(fd);
});

function pipe(): [number, number] {
  const ends: number[] = [];
  host.pipe2(ends, O_CLOEXEC | O_NONBLOCK);
  fds.push(...ends);
  return [ends[0]!, ends[1]!];
}

it.runIf(process.arch === 'x64')('on x86-64 the calls are made by code of our own', () => {
  expect(loopCalls()).not.toBe(libcCalls);
  expect(loopCalls()).toBe(loopCalls());
});

describe.each([
  ['the gate', loopCalls()],
  ['the C library', libcCalls],
])('by %s', (_what, calls) => {
  it.each([8, 1 << 26])('memory of %d bytes is filled and read where it stands', (bytes) => {
    const [r, w] = pipe();
    const buf = host.alloc(bytes);
    // The larger one is beyond what the C library takes from its heap: it is mapped by itself, at an
    // address of more than 32 bits.
    if (bytes > 8) expect(buf.address).toBeGreaterThan(2 ** 32);
    buf.u8.set([1, 2, 3], bytes - 4);
    expect(calls.write(w, buf.address + bytes - 4, 3)).toBe(3);
    expect(calls.read(r, buf.address + 1, 2)).toBe(2);
    expect(calls.read(r, buf.address, 4)).toBe(1);
    expect([...buf.u8.subarray(0, 4)]).toEqual([3, 1, 2, 0]);
  });

  it('a futex call gets all that it is given', () => {
    const words = host.alloc(32);
    words.i32.set([0, 7, 0, 0, 0, 0, 1_000]);
    const [WAIT, WAKE] = [128, 129];
    const [word, timeout] = [words.address + 4, words.address + 16];
    expect(calls.futex(word, WAIT, 8, timeout)).toBe(-EAGAIN);
    expect(calls.futex(word, WAIT, 7, timeout)).toBe(-ETIMEDOUT);
    expect(calls.futex(word, WAKE, 1, 0)).toBe(0);
    // An epoll call after it has its own fourth argument.
    expect(calls.epollWait(-1, word, 1, 0)).toBe(-EBADF);
  });

  it('errors are -errno', () => {
    const [r] = pipe();
    const { address } = host.alloc(8);
    expect(calls.read(r, address, 8)).toBe(-EAGAIN);
    expect(calls.read(-1, address, 8)).toBe(-EBADF);
    expect(calls.write(r, address, 8)).toBe(-EBADF);
    expect(calls.epollWait(r, address, 1, 0)).toBeLessThan(0);
  });

  it('poll without a timeout ends by what is ready, and with 0 at once', () => {
    const [r, w] = pipe();
    const words = host.alloc(8);
    words.i32.set([r, POLLIN]);
    expect(calls.poll(words.address, 1, 0)).toBe(0);
    calls.write(w, words.address, 1);
    expect(calls.poll(words.address, 1, -1)).toBe(1);
    expect(words.i32[1]! >>> 16).toBe(POLLIN);
  });
});
