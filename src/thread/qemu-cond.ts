import type { Host } from '../host/host.ts';

/** Changes at each signal, so that nobody sleeps through one that came before the sleep. */
const SIGNALS = 0;
const WAITERS = 1;
const WORDS = 2;

/** The shared memory of a condition; structured clone takes it to another thread. */
export interface CondHandle {
  readonly words: Int32Array;
}

/**
 * A condition that threads with the BQL wait for: see GlobalLock.condWait. QEMU: QemuCond.
 */
export class QemuCond {
  /** @internal */
  readonly words: Int32Array;
  /** The word that sleepers sleep on. @internal */
  readonly index = SIGNALS;
  readonly #host: Host;

  /** @param handle of a condition that another thread has made; by default a new one */
  constructor(host: Host, handle?: CondHandle) {
    this.#host = host;
    this.words = handle?.words ?? new Int32Array(new SharedArrayBuffer(4 * WORDS));
  }

  share(): CondHandle {
    return { words: this.words };
  }

  /** Wakes one waiter, if there is one. QEMU: qemu_cond_signal. */
  signal(): void {
    this.#wake(1);
  }

  /** Wakes all waiters. QEMU: qemu_cond_broadcast. */
  broadcast(): void {
    this.#wake(0x7fffffff);
  }

  #wake(count: number): void {
    // In one step: explore qemu_cond_broadcast --without signals-rmw
    Atomics.add(this.words, SIGNALS, 1);
    if (Atomics.load(this.words, WAITERS) !== 0) this.#host.futexWake(this.words, SIGNALS, count);
  }

  /** Returns the word as it was before the lock was given back. @internal */
  beginWait(): number {
    // In one step: explore qemu_cond_broadcast --without count-rmw
    Atomics.add(this.words, WAITERS, 1);
    return Atomics.load(this.words, SIGNALS);
  }

  /** @internal */
  endWait(): void {
    Atomics.sub(this.words, WAITERS, 1);
  }
}
