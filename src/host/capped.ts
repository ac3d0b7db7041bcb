import type { Host, HostBuffer } from './host.ts';
import { HostLens } from './lens.ts';

/** A host whose waits end at a limit: a run for 100 ms ends then, whoever sleeps. */
export class CappedHost extends HostLens {
  /** CLOCK_MONOTONIC at which every wait ends; Infinity for no limit. */
  limitNs = Number.POSITIVE_INFINITY;
  readonly #nowNs: () => number;
  /** Called before each wait; may throw. */
  readonly #beforeWait: () => void;

  constructor(host: Host, nowNs: () => number, beforeWait: () => void) {
    super(host);
    this.#nowNs = nowNs;
    this.#beforeWait = beforeWait;
  }

  override poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    this.#beforeWait();
    return this.host.poll(fds, nfds, this.#cap(timeoutNs));
  }

  override epollWait(epfd: number, events: HostBuffer, max: number, timeoutNs: number): number {
    this.#beforeWait();
    return this.host.epollWait(epfd, events, max, this.#cap(timeoutNs));
  }

  #cap(timeoutNs: number): number {
    if (this.limitNs === Number.POSITIVE_INFINITY || timeoutNs === 0) return timeoutNs;
    const leftNs = Math.max(0, this.limitNs - this.#nowNs());
    return timeoutNs < 0 ? leftNs : Math.min(timeoutNs, leftNs);
  }
}
