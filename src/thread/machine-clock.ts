import type { SharedClock } from '../aio/clock.ts';
import type { Host } from '../host/host.ts';
import { CLOCK_BASE, CLOCK_ENABLED, CLOCK_SEQUENCE, CLOCK_TIMERS } from './machine-words.ts';
import { checkWait } from './mutex-word.ts';

/** More threads than there can be. */
const ALL = 0x7fffffff;

/**
 * QEMU_CLOCK_VIRTUAL of a machine, as one thread sees it. One thread at a time sets it: the one with
 * the BQL. QEMU: timers_state.
 *
 * Invariants:
 *  V1. SEQUENCE is odd while BASE and ENABLED change; a reader that sees it odd, or changed, reads
 *      again.
 *  V2. A thread counts itself in TIMERS before it looks at ENABLED, and calls timers only then.
 *      Whoever stops the clock clears ENABLED, then waits until TIMERS is 0.
 */
export class MachineClock implements SharedClock {
  readonly #words: Int32Array;
  readonly #base: Float64Array;
  readonly #host: Host;
  readonly #started: () => void;

  /** @param started called after this thread has started the clock */
  constructor(words: Int32Array, host: Host, started: () => void) {
    this.#words = words;
    this.#base = new Float64Array(words.buffer, words.byteOffset + 4 * CLOCK_BASE, 1);
    this.#host = host;
    this.#started = started;
  }

  get enabled(): boolean {
    return Atomics.load(this.#words, CLOCK_ENABLED) !== 0;
  }

  nowNs(monotonicNs: number): number {
    const words = this.#words;
    for (;;) {
      const sequence = Atomics.load(words, CLOCK_SEQUENCE);
      const baseNs = this.#base[0]!;
      const { enabled } = this;
      if ((sequence & 1) === 0 && Atomics.load(words, CLOCK_SEQUENCE) === sequence) {
        return enabled ? baseNs + monotonicNs : baseNs;
      }
    }
  }

  set(enabled: boolean, monotonicNs: number): void {
    const words = this.#words;
    Atomics.add(words, CLOCK_SEQUENCE, 1);
    this.#base[0] = this.#base[0]! + (enabled ? -monotonicNs : monotonicNs);
    Atomics.store(words, CLOCK_ENABLED, enabled ? 1 : 0);
    Atomics.add(words, CLOCK_SEQUENCE, 1);
    if (enabled) this.#started();
    else this.#waitForTimers();
  }

  /** @param baseNs its time while it is stopped; the difference to CLOCK_MONOTONIC while it runs */
  begins(enabled: boolean, baseNs: number): void {
    this.#base[0] = baseNs;
    Atomics.store(this.#words, CLOCK_ENABLED, enabled ? 1 : 0);
  }

  begin(): boolean {
    Atomics.add(this.#words, CLOCK_TIMERS, 1);
    if (this.enabled) return true;
    this.end();
    return false;
  }

  end(): void {
    const words = this.#words;
    if (Atomics.sub(words, CLOCK_TIMERS, 1) !== 1 || this.enabled) return;
    this.#host.futexWake(words, CLOCK_TIMERS, ALL);
  }

  #waitForTimers(): void {
    const words = this.#words;
    for (
      let n = Atomics.load(words, CLOCK_TIMERS);
      n !== 0;
      n = Atomics.load(words, CLOCK_TIMERS)
    ) {
      checkWait(this.#host.futexWait(words, CLOCK_TIMERS, n, -1), 'qemu_clock_enable');
    }
  }
}
