/**
 * Sleeping on a word that threads share. V8 does it in place of futex(2): a thread that sleeps
 * here ends when its Worker is terminated.
 */

import { isFutex, isInt, isTimeout } from '../arguments.ts';
import { EAGAIN, EINVAL, ETIMEDOUT } from '../errno.ts';

/** See Host.futexWait. V8 knows no deadlocks, so it never returns -EDEADLK. */
export function futexWait(
  words: Int32Array,
  index: number,
  expected: number,
  timeoutNs: number,
): number {
  if (!isFutex(words, index) || !isInt(expected) || !isTimeout(timeoutNs)) return -EINVAL;
  const ended = Atomics.wait(words, index, expected, timeoutNs < 0 ? Infinity : timeoutNs / 1e6);
  if (ended === 'ok') return 0;
  return ended === 'not-equal' ? -EAGAIN : -ETIMEDOUT;
}

/** See Host.futexWake. */
export function futexWake(words: Int32Array, index: number, count: number): number {
  if (!isFutex(words, index) || !isInt(count) || count < 0) return -EINVAL;
  return Atomics.notify(words, index, count);
}
