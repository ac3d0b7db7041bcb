/**
 * How the workers of a thread pool sleep, and are woken: one at a time, and always the one with the
 * lowest number. A worker that comes out of its sleep, and leaves requests in the queue, wakes the next. So home
 * pays for one wake-up, however many requests it pushes; and if few workers are enough, it is always the
 * same ones, whose code V8 has compiled, and which the processor's caches know.
 *
 * Invariants:
 *  P3. A worker sets its bit of SLEEPING, then looks at TAIL. The home thread moves TAIL, then looks at
 *      SLEEPING. So a worker either sees the request, or is woken. Without the bit:
 *      explore thread-pool --without set-bit
 *  P4. WAKING is set while a worker is on its way, and nobody else is woken meanwhile. The worker clears
 *      it, then takes a request, then looks whether another waits. Whoever has woken nobody clears it:
 *      explore thread-pool-both --without none-woken
 *  P5. Only the compare-and-swap or fetch-and that clears the bit of a worker decides whether it was woken, or
 *      has got up by itself: explore thread-pool-both --without claim
 *      Before it sleeps a worker looks for work some more times, and counts as on its way meanwhile:
 *      explore thread-pool-looks --without clear
 *  P6. A worker sets its bit, then looks at the limits. The home thread changes the limits, then looks at
 *      the bits: explore thread-pool-limit --without bit-first
 */

import { CLOCK_MONOTONIC } from '../host/constants.ts';
import { ETIMEDOUT } from '../host/errno.ts';
import type { Host } from '../host/host.ts';
import type { Coded, PoolQueue } from './pool-queue.ts';
import { BITS, CURRENT, HEAD, MASKS, MAX, SLEEPING, TAIL, TURNS, WAKING } from './pool-queue.ts';

/** How long a worker looks before it sleeps: twice the way of a result to home and of a request back. */
const LOOK_NS = 20_000;
/** Looks for each one at the clock. */
const LOOKS = 32;

const ASLEEP = 0;
const UP = 1;

/** Wakes the workers of a pool, from one thread. */
export class PoolWaker {
  readonly #host: Host;
  readonly #words: Int32Array;

  constructor(host: Host, words: Int32Array) {
    this.#host = host;
    this.#words = words;
  }

  /** Wakes a worker if a request waits, unless one is on its way. */
  wakeOne(): void {
    const words = this.#words;
    if (!this.#anySleeps() || Atomics.load(words, HEAD) === Atomics.load(words, TAIL)) return;
    if (Atomics.compareExchange(words, WAKING, 0, 1) !== 0) return;
    // Those who slept have got up, and see the request.
    if (!this.#wake()) Atomics.store(words, WAKING, 0);
  }

  /** Wakes some workers, for which the limits have changed. */
  wakeSome(count: number): void {
    for (let i = 0; i < count && this.#wake(); i++);
  }

  #anySleeps(): boolean {
    const words = this.#words;
    const masks = Atomics.load(words, MASKS);
    for (let mask = 0; mask < masks; mask++) {
      if (Atomics.load(words, SLEEPING + mask) !== 0) return true;
    }
    return false;
  }

  /** Returns false if nobody sleeps. */
  #wake(): boolean {
    const words = this.#words;
    const masks = Atomics.load(words, MASKS);
    for (let mask = 0; mask < masks; mask++) {
      for (;;) {
        const asleep = Atomics.load(words, SLEEPING + mask);
        if (asleep === 0) break;
        const bit = asleep & -asleep;
        if ((Atomics.and(words, SLEEPING + mask, ~bit) & bit) === 0) continue;
        const turn = TURNS + mask * BITS + (31 - Math.clz32(bit));
        Atomics.store(words, turn, UP);
        this.#host.futexWake(words, turn, 1);
        return true;
      }
    }
    return false;
  }
}

/** Home gives the workers a request (P3). */
export function giveRequest(
  queue: PoolQueue,
  waker: PoolWaker,
  slot: number,
  request: Coded,
  traced = false,
): void {
  // In this order: explore thread-pool --without push-first
  queue.push(slot, request, traced);
  waker.wakeOne();
}

/** A worker takes the oldest request, and wakes the next one if another waits (P4). Returns its slot, or -1. */
export function takeRequest(
  queue: Pick<PoolQueue, 'take'>,
  waker: Pick<PoolWaker, 'wakeOne'>,
): number {
  const slot = queue.take();
  // Without it: explore thread-pool-both --without wake-next
  if (slot >= 0) waker.wakeOne();
  return slot;
}

/** The sleep of one worker. */
export class PoolSleep {
  readonly #host: Host;
  readonly #words: Int32Array;
  readonly #mask: number;
  readonly #bit: number;
  readonly #turn: number;

  /** @param number of the worker, that no other has */
  constructor(host: Host, words: Int32Array, number: number) {
    this.#host = host;
    this.#words = words;
    this.#mask = SLEEPING + Math.floor(number / BITS);
    this.#bit = 1 << (number % BITS);
    this.#turn = TURNS + number;
  }

  /**
   * Looks for some time whether a request has come, unless another worker is on its way: most often the next
   * one comes once home has heard of the last. Returns whether there is one.
   * @param spanNs 0 for one look
   */
  comesSoon(spanNs = LOOK_NS): boolean {
    const words = this.#words;
    if (Atomics.compareExchange(words, WAKING, 0, 1) !== 0) return false;
    const endNs = spanNs === 0 ? 0 : this.#host.clockNs(CLOCK_MONOTONIC) + spanNs;
    let found = false;
    for (let looks = 1; !found; looks++) {
      found = Atomics.load(words, HEAD) !== Atomics.load(words, TAIL);
      if (spanNs === 0) break;
      if (looks % LOOKS === 0 && this.#host.clockNs(CLOCK_MONOTONIC) >= endNs) break;
    }
    Atomics.store(words, WAKING, 0);
    return found;
  }

  /**
   * Waits for work; then the worker must look for a request, and call wakeOne. Returns false if none has
   * come in time.
   */
  rest(timeoutNs: number): boolean {
    const words = this.#words;
    const bit = this.#bit;
    Atomics.store(words, this.#turn, ASLEEP);
    Atomics.or(words, this.#mask, bit);
    let ret = 0;
    const tooMany = Atomics.load(words, CURRENT) > Atomics.load(words, MAX);
    if (!tooMany && Atomics.load(words, HEAD) === Atomics.load(words, TAIL)) {
      ret = this.#host.futexWait(words, this.#turn, ASLEEP, timeoutNs);
    }
    const wasWoken = (Atomics.and(words, this.#mask, ~bit) & bit) === 0;
    // Before the look for another request: explore thread-pool-both --without clear-first
    if (wasWoken) Atomics.store(words, WAKING, 0);
    return wasWoken || ret !== -ETIMEDOUT;
  }
}
