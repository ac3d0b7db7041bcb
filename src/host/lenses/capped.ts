import { isTimeout } from '../arguments.ts';
import { EDEADLK } from '../errno.ts';
import type { Host, HostBuffer } from '../host.ts';
import { asFutexWait, asPoll } from './futex.ts';
import { HostLens } from './lens.ts';

/** Ends a wait that the kernel would not end. */
export interface WaitLimit {
  /** Time at which every wait ends, by CLOCK_MONOTONIC, ns; Infinity for no limit. */
  readonly endNs: number;
  /** Whether a wait may end because nothing is left to wait for. */
  readonly isIdle: () => boolean;
}

/** The world around a capped host. */
export interface CapWorld {
  nowNs(): number;
  /**
   * When to check next whether a wait that ends at endNs is idle; Infinity to check only at
   * its end.
   */
  nextLookNs(endNs: number): number;
  /** Whether an error that a wait threw means that nothing can ever end it. */
  isDeadlock(error: unknown): boolean;
}

/**
 * A host whose waits can be ended from outside. To the caller it looks like a timeout, so
 * the iteration in which it happens is like any other.
 */
export class CappedHost extends HostLens {
  limit: WaitLimit | null = null;
  readonly #world: CapWorld;
  /** Called before each wait; may throw. */
  readonly #beforeWait: () => void;

  constructor(host: Host, world: CapWorld, beforeWait: () => void) {
    super(host);
    this.#world = world;
    this.#beforeWait = beforeWait;
  }

  override poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    this.#beforeWait();
    if (this.limit === null || timeoutNs === 0 || !isTimeout(timeoutNs)) {
      return this.host.poll(fds, nfds, timeoutNs);
    }
    return this.#wait(this.limit, timeoutNs, (ns) => this.host.poll(fds, nfds, ns));
  }

  override epollWait(epfd: number, events: HostBuffer, max: number, timeoutNs: number): number {
    this.#beforeWait();
    if (this.limit === null || timeoutNs === 0 || !isTimeout(timeoutNs)) {
      return this.host.epollWait(epfd, events, max, timeoutNs);
    }
    return this.#wait(this.limit, timeoutNs, (ns) => this.host.epollWait(epfd, events, max, ns));
  }

  override futexWait(
    words: Int32Array,
    index: number,
    expected: number,
    timeoutNs: number,
  ): number {
    this.#beforeWait();
    if (this.limit === null || timeoutNs === 0 || !isTimeout(timeoutNs)) {
      return this.host.futexWait(words, index, expected, timeoutNs);
    }
    const { isIdle } = this.limit;
    const call = (ns: number): number => {
      const ret = this.host.futexWait(words, index, expected, ns);
      return ret === -EDEADLK && isIdle() ? 0 : asPoll(ret);
    };
    return asFutexWait(this.#wait(this.limit, timeoutNs, call));
  }

  #wait({ endNs, isIdle }: WaitLimit, timeoutNs: number, call: (ns: number) => number): number {
    const world = this.#world;
    const ownEndNs = timeoutNs < 0 ? Number.POSITIVE_INFINITY : world.nowNs() + timeoutNs;
    const lastNs = Math.min(ownEndNs, endNs);
    for (;;) {
      const untilNs = Math.min(lastNs, world.nextLookNs(lastNs));
      const nowNs = world.nowNs();
      const ns = untilNs === Number.POSITIVE_INFINITY ? -1 : Math.max(0, untilNs - nowNs);
      let ret: number;
      try {
        ret = call(ns);
      } catch (error) {
        if (world.isDeadlock(error) && isIdle()) return 0;
        throw error;
      }
      if (ret !== 0 || world.nowNs() >= lastNs || isIdle()) return ret;
    }
  }
}
