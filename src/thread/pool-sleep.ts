/**
 * How the workers of a thread pool sleep, and are woken. A worker without work looks for some time
 * whether there is any, if no other does so, and then sleeps until TAIL of the queue changes.
 *
 * Invariants:
 *  P3. A worker counts itself among SLEEPERS, then looks at TAIL. The home thread moves TAIL, then
 *      looks at SLEEPERS. So a worker either sees the request, or is woken. Without this order:
 *      explore thread-pool --without push-first, explore thread-pool --without count-sleepers
 *  P4. The worker that looks takes SPINNING back, then looks at TAIL once more, then takes a request,
 *      which moves HEAD: explore thread-pool-both --without search-over. The home thread spares it
 *      one wake-up, and reads HEAD before SPINNING, so that no second request is left to it: explore
 *      thread-pool-both --without head-first
 *  P5. A worker reads TAIL, then the limits. The home thread changes the limits, then moves TAIL:
 *      explore thread-pool-limit --without tail-first, explore thread-pool-limit --without move-tail
 */

import { ETIMEDOUT } from '../host/errno.ts';
import type { Host } from '../host/host.ts';
import { CURRENT, HEAD, MAX, type PoolQueue, SLEEPERS, SPINNING, TAIL } from './pool-queue.ts';

/** Searches in a row that find nothing, after which a worker mostly sleeps at once. */
const FEW = 4;
/** One in that many rests is then a search. */
const SELDOM = 8;

/** The sleep of one worker, and the wake-ups that one thread gives. */
export class PoolSleep {
  readonly #host: Host;
  readonly #words: Int32Array;
  readonly #looks: number;
  /** Searches in a row that found nothing. */
  #vain = 0;

  /** @param looks of a search; 0 if the worker is to sleep at once */
  constructor(host: Host, words: Int32Array, looks = 0) {
    this.#host = host;
    this.#words = words;
    this.#looks = looks;
  }

  /** Wakes a worker for a request that waits, unless one looks for it. */
  wakeOne(): void {
    const words = this.#words;
    if (Atomics.load(words, SLEEPERS) === 0) return;
    const head = Atomics.load(words, HEAD);
    const waiting = (Atomics.load(words, TAIL) - head) | 0;
    if (waiting > Atomics.load(words, SPINNING)) this.#host.futexWake(words, TAIL, 1);
  }

  /** The limits have changed: workers look at them again. @param count how many are too many */
  wakeForLimits(queue: PoolQueue, count: number): void {
    queue.pushNothing();
    this.#host.futexWake(this.#words, TAIL, count);
  }

  /**
   * Waits for work. Returns false if none has come in time.
   * @param timeoutNs of a sleep
   */
  rest(timeoutNs: number): boolean {
    return this.#searches() || this.#sleeps(timeoutNs);
  }

  #sleeps(timeoutNs: number): boolean {
    const words = this.#words;
    Atomics.add(words, SLEEPERS, 1);
    const tail = Atomics.load(words, TAIL);
    let ret = 0;
    const tooMany = Atomics.load(words, CURRENT) > Atomics.load(words, MAX);
    if (!tooMany && Atomics.load(words, HEAD) === tail) {
      ret = this.#host.futexWait(words, TAIL, tail, timeoutNs);
    }
    Atomics.sub(words, SLEEPERS, 1);
    return ret !== -ETIMEDOUT;
  }

  /** Looks whether there is work, unless another worker does. Returns whether there is. */
  #searches(): boolean {
    if (this.#looks === 0) return false;
    if (this.#vain >= FEW && ++this.#vain % SELDOM !== 0) return false;
    const words = this.#words;
    if (Atomics.compareExchange(words, SPINNING, 0, 1) !== 0) return false;
    let found = false;
    for (let i = this.#looks; i > 0 && !found; i--) {
      found = Atomics.load(words, TAIL) !== Atomics.load(words, HEAD);
    }
    Atomics.store(words, SPINNING, 0);
    if (found) this.#vain = 0;
    else this.#vain++;
    return found;
  }
}
