/**
 * Sleeping on a word that threads share. A short sleep is the kernel's own, futex(2), and ends in
 * half the time of V8's, which has one mutex for all that sleep. A long one is V8's Atomics.wait,
 * since that ends when the Worker is terminated, also by a process.exit.
 *
 * A thread that goes from the one to the other compares the word anew, as one that was woken without
 * a cause does. So nothing is lost if, as with every futex, a word changes before its sleepers are woken.
 */

import { isFutex, isInt, isTimeout } from '../arguments.ts';
import { EAGAIN, EINVAL, ETIMEDOUT } from '../errno.ts';
import { addressOf } from './libc.ts';
import type { LoopCalls } from './machine/calls.ts';
import { LinuxBuffer, putTimespec } from './memory.ts';

/** The longest sleep in the kernel, and so of a Worker that was terminated. */
const SHORT_NS = 10_000_000;

// For threads of one process: FUTEX_WAIT and FUTEX_WAKE with FUTEX_PRIVATE_FLAG.
const WAIT = 128;
const WAKE = 129;

export class LinuxFutex {
  readonly #calls: LoopCalls;
  readonly #timeout = new LinuxBuffer(16);
  /** The address of the memory that was used last, which mostly is used again. */
  #memory: ArrayBufferLike | null = null;
  #address = 0;
  readonly #addresses = new WeakMap<ArrayBufferLike, number>();

  constructor(calls: LoopCalls) {
    this.#calls = calls;
  }

  /** See Host.futexWait. Neither the kernel nor V8 knows deadlocks, so it never returns -EDEADLK. */
  wait(words: Int32Array, index: number, expected: number, timeoutNs: number): number {
    if (!isFutex(words, index) || !isInt(expected) || !isTimeout(timeoutNs)) return -EINVAL;
    const isShort = timeoutNs >= 0 && timeoutNs <= SHORT_NS;
    const begin = timeoutNs < 0 ? 0 : performance.now();
    putTimespec(this.#timeout.i32, 0, isShort ? timeoutNs : SHORT_NS);
    const word = this.#addressOf(words) + 4 * index;
    const ret = this.#calls.futex(word, WAIT, expected, this.#timeout.address);
    if (ret === 0 || ret === -EAGAIN || (isShort && ret === -ETIMEDOUT)) return ret;
    // It was long, or a signal ended it.
    const restMs = timeoutNs < 0 ? Infinity : begin + timeoutNs / 1e6 - performance.now();
    const ended = Atomics.wait(words, index, expected, Math.max(0, restMs));
    if (ended === 'ok') return 0;
    return ended === 'not-equal' ? -EAGAIN : -ETIMEDOUT;
  }

  /** See Host.futexWake. */
  wake(words: Int32Array, index: number, count: number): number {
    if (!isFutex(words, index) || !isInt(count) || count < 0) return -EINVAL;
    // Those in V8 have slept longer.
    const woken = Atomics.notify(words, index, count);
    if (woken === count) return woken;
    return woken + this.#calls.futex(this.#addressOf(words) + 4 * index, WAKE, count - woken, 0);
  }

  #addressOf(words: Int32Array): number {
    const memory = words.buffer;
    if (memory !== this.#memory) {
      this.#address = this.#addresses.get(memory) ?? addressOf(memory);
      this.#addresses.set(memory, this.#address);
      this.#memory = memory;
    }
    return this.#address + words.byteOffset;
  }
}
