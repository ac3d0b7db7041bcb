/** futex(2): sleeping on a word that threads share. */

import { isFutex, isInt, isTimeout } from '../arguments.ts';
import { EAGAIN, EDEADLK, EINVAL, ETIMEDOUT } from '../errno.ts';
import { SimDeadlockError } from './clock.ts';
import type { Scheduler } from './scheduler.ts';
import { ASLEEP, SleepingCall } from './thread.ts';
import { SameMemory } from './threads/same-memory.ts';

class FutexCall extends SleepingCall {
  readonly #waiters: FutexCall[];
  readonly #memory: ArrayBufferLike;
  readonly #byte: number;
  woken = false;

  /** @param waiters all that sleep, those that came first at the front */
  constructor(waiters: FutexCall[], memory: ArrayBufferLike, byte: number) {
    super();
    this.#waiters = waiters;
    this.#memory = memory;
    this.#byte = byte;
    waiters.push(this);
  }

  get what(): string {
    return 'futex_wait';
  }

  get detail(): string {
    return `futex_wait of word ${this.#byte / 4} of ${this.#memory.byteLength / 4}`;
  }

  sleepsOn(memory: ArrayBufferLike, byte: number): boolean {
    return this.#memory === memory && this.#byte === byte && !this.woken;
  }

  again(): number {
    return this.woken ? 0 : ASLEEP;
  }

  override late(): number {
    return -ETIMEDOUT;
  }

  override over(): void {
    this.#waiters.splice(this.#waiters.indexOf(this), 1);
  }
}

export class Futexes {
  readonly #threads: Scheduler;
  readonly #waiters: FutexCall[] = [];
  readonly #same = new SameMemory();

  constructor(threads: Scheduler) {
    this.#threads = threads;
  }

  wait(words: Int32Array, index: number, expected: number, timeoutNs: number): number {
    if (!isFutex(words, index) || !isInt(expected) || !isTimeout(timeoutNs)) return -EINVAL;
    if (Atomics.load(words, index) !== expected) return -EAGAIN;
    const threads = this.#threads;
    const byte = words.byteOffset + 4 * index;
    const call = new FutexCall(this.#waiters, this.#memoryOf(words), byte);
    try {
      return threads.sleep(call, threads.deadlineNs(timeoutNs));
    } catch (error) {
      // With several threads, the error says who waits for what.
      if (error instanceof SimDeadlockError && !threads.several) return -EDEADLK;
      throw error;
    }
  }

  wake(words: Int32Array, index: number, count: number): number {
    if (!isFutex(words, index) || !isInt(count) || count < 0) return -EINVAL;
    const byte = words.byteOffset + 4 * index;
    if (this.#waiters.length === 0) return 0;
    const memory = this.#memoryOf(words);
    let n = 0;
    for (const waiter of this.#waiters) {
      if (n === count) break;
      if (!waiter.sleepsOn(memory, byte)) continue;
      waiter.woken = true;
      n++;
    }
    return n;
  }

  #memoryOf(words: Int32Array): SharedArrayBuffer {
    return this.#same.of(words.buffer as SharedArrayBuffer);
  }
}
