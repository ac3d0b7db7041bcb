import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EAGAIN, EINTR, ETIMEDOUT } from '../../src/host/errno.ts';
import { LinuxFutex } from '../../src/host/linux/futex.ts';
import { addressOf, memoryAt } from '../../src/host/linux/libc.ts';
import { libcCalls } from '../../src/host/linux/machine/calls.ts';
import { runAlone } from './own-process.ts';

const program = join(import.meta.dirname, 'futex-child.ts');
const ended = { status: 0, signal: null, stderr: '' };

it('two threads wake each other by a word of shared memory', async () => {
  const stdout = 'worker 0, turn 2000\n';
  expect(await runAlone(program, 'turns')).toEqual({ ...ended, stdout });
});

it('a worker that sleeps on a word is terminated', async () => {
  const stdout = 'ended, woken 0\n';
  expect(await runAlone(program, 'terminated')).toEqual({ ...ended, stdout });
});

describe('a sleep begins in the kernel, and goes on in V8', () => {
  const words = new Int32Array(new SharedArrayBuffer(16));
  const address = addressOf(words.buffer);
  const [WAIT, WAKE] = [128, 129];

  /** A kernel that answers each call with the next of some results. */
  function futexWith(...results: number[]) {
    const calls: number[][] = [];
    const futex = (word: number, op: number, value: number, timeout: number): number => {
      const [lo, hi, ns] = timeout === 0 ? [0, 0, 0] : new Int32Array(memoryAt(timeout, 16));
      calls.push([word - address, op, value, lo! + hi! + ns!]);
      return results.shift()!;
    };
    return { futex: new LinuxFutex({ ...libcCalls, futex }), calls };
  }

  it.each([
    ['is woken there', 0, 0],
    ['finds another value there', -EAGAIN, -EAGAIN],
    // The word is 0: V8 does not sleep either.
    ['was long enough', -ETIMEDOUT, -EAGAIN],
    ['was ended by a signal', -EINTR, -EAGAIN],
  ])('that %s', (_what, kernel, result) => {
    const { futex, calls } = futexWith(kernel);
    expect(futex.wait(words, 2, 1, -1)).toBe(result);
    expect(calls).toEqual([[8, WAIT, 1, 10_000_000]]);
  });

  it('that ends within the first 10 ms by its timeout', () => {
    const { futex, calls } = futexWith(-ETIMEDOUT);
    expect(futex.wait(words, 0, 0, 5_000)).toBe(-ETIMEDOUT);
    expect(calls).toEqual([[0, WAIT, 0, 5_000]]);
  });

  it('and in V8 only the rest of the time is waited for', () => {
    const { futex } = futexWith(-EINTR);
    expect(futex.wait(words, 0, 0, 1)).toBe(-ETIMEDOUT);
  });

  it('and nobody in V8 is woken twice', () => {
    const { futex, calls } = futexWith(2, 0);
    const part = new Int32Array(words.buffer, 4);
    expect(futex.wake(part, 1, 3)).toBe(2);
    expect(futex.wake(words, 0, 0)).toBe(0);
    expect(calls).toEqual([[8, WAKE, 3, 0]]);
  });
});
