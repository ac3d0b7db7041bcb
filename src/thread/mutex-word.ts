/**
 * A mutex in one word of shared memory. A thread that unlocks it and locks it again at once gets it
 * before one that was asleep, as with a pthread mutex.
 *
 * Invariant: the word is WANTED while anybody sleeps, or is about to; only then must an unlock wake
 * one. A thread that has slept locks with WANTED, since others may still sleep.
 */

import { EAGAIN, EINTR, HostError } from '../host/errno.ts';
import type { Host } from '../host/host.ts';

export const FREE = 0;
const HELD = 1;
/** Held, and somebody sleeps until it is given back. */
export const WANTED = 2;

/** Takes it if nobody holds it. Returns whether it did. */
export function tryLockWord(words: Int32Array, index: number): boolean {
  return Atomics.compareExchange(words, index, FREE, HELD) === FREE;
}

/**
 * Takes it, once nobody else holds it.
 * @throws HostError (EDEADLK) if the host knows that nobody will ever give it back
 */
export function lockWord(words: Int32Array, index: number, host: Host, what: string): void {
  if (Atomics.compareExchange(words, index, FREE, HELD) === FREE) return;
  while (Atomics.exchange(words, index, WANTED) !== FREE) {
    checkWait(host.futexWait(words, index, WANTED, -1), what);
  }
}

/** Gives it back. The caller must hold it. */
export function unlockWord(words: Int32Array, index: number, host: Host): void {
  if (Atomics.exchange(words, index, FREE) === WANTED) host.futexWake(words, index, 1);
}

/** @throws HostError if a futexWait was refused, and would be refused for ever */
export function checkWait(ret: number, what: string): void {
  if (ret === 0 || ret === -EAGAIN || ret === -EINTR) return;
  throw new HostError(-ret, what);
}
