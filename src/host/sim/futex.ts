/** futex(2) of a process with one thread: only an event of the outside world can wake it. */

import { isFutex, isInt, isTimeout } from '../arguments.ts';
import { EAGAIN, EDEADLK, EINVAL, ETIMEDOUT } from '../errno.ts';
import { SimDeadlockError } from './clock.ts';
import type { Thread } from './thread.ts';

export class Futexes {
  readonly #thread: Thread;
  /** The memory and the byte on which the thread sleeps; null if it does not. */
  #memory: ArrayBufferLike | null = null;
  #byte = 0;

  constructor(thread: Thread) {
    this.#thread = thread;
  }

  wait(words: Int32Array, index: number, expected: number, timeoutNs: number): number {
    if (!isFutex(words, index) || !isInt(expected) || !isTimeout(timeoutNs)) return -EINVAL;
    if (Atomics.load(words, index) !== expected) return -EAGAIN;
    const deadlineNs = this.#thread.deadlineNs(timeoutNs);
    this.#memory = words.buffer;
    this.#byte = words.byteOffset + 4 * index;
    try {
      while (this.#memory !== null) {
        if (!this.#thread.sleep('futex_wait', deadlineNs)) return -ETIMEDOUT;
      }
      return 0;
    } catch (error) {
      if (error instanceof SimDeadlockError) return -EDEADLK;
      throw error;
    } finally {
      this.#memory = null;
    }
  }

  wake(words: Int32Array, index: number, count: number): number {
    if (!isFutex(words, index) || !isInt(count) || count < 0) return -EINVAL;
    const sleepsThere =
      this.#memory === words.buffer && this.#byte === words.byteOffset + 4 * index;
    if (!sleepsThere || count === 0) return 0;
    this.#memory = null;
    return 1;
  }
}
