import { CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_THREAD_CPUTIME_ID } from './constants.ts';
import type { Host, HostBuffer } from './host.ts';
import { HostLens } from './lens.ts';

/**
 * A real host whose clocks stand still while the machine holds this thread up. They
 * go on by what the thread runs (its CPU time) and by what it sleeps: a wait that
 * ends by its timeout takes as long as was asked for, however late it is woken, and
 * one that finds something ready at once takes no time. So on a machine that is busy
 * with other things whatever is due at 5 ms still comes before what is due at 10 ms,
 * and `lateNs` says how much time was left out.
 */
export class PacedHost extends HostLens {
  /** What the clock stood at when it was last set, CLOCK_MONOTONIC. */
  #nowNs: number;
  /** The thread's CPU time then. */
  #cpuNs: number;
  /** How deep calls of still() are nested. */
  #still = 0;
  /** CLOCK_REALTIME less CLOCK_MONOTONIC, from the start on. */
  readonly #wallNs: number;
  /** Real time that passed in still(). */
  #leftOutNs = 0;
  readonly #startNs: number;

  constructor(host: Host) {
    super(host);
    this.#startNs = host.clockNs(CLOCK_MONOTONIC);
    this.#wallNs = host.clockNs(CLOCK_REALTIME) - this.#startNs;
    this.#nowNs = this.#startNs;
    this.#cpuNs = host.clockNs(CLOCK_THREAD_CPUTIME_ID);
  }

  /** How long the machine has held this thread up so far, ns; what passed in still() does not count. */
  get lateNs(): number {
    const realNs = this.host.clockNs(CLOCK_MONOTONIC) - this.#startNs;
    return realNs - this.#leftOutNs - (this.#look() - this.#startNs);
  }

  /** Calls act while the clocks stand still: what it does, and waits for, takes no time. */
  still<T>(act: () => T): T {
    if (this.#still > 0) return act();
    this.#look();
    const beforeNs = this.host.clockNs(CLOCK_MONOTONIC);
    this.#still++;
    try {
      return act();
    } finally {
      this.#still--;
      this.#leftOutNs += this.host.clockNs(CLOCK_MONOTONIC) - beforeNs;
      this.#cpuNs = this.host.clockNs(CLOCK_THREAD_CPUTIME_ID);
    }
  }

  override clockNs(clock: number): number {
    if (clock === CLOCK_MONOTONIC) return this.#look();
    if (clock === CLOCK_REALTIME) return this.#look() + this.#wallNs;
    return this.host.clockNs(clock);
  }

  override poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    const ret = this.host.poll(fds, nfds, 0);
    if (ret !== 0 || timeoutNs === 0) return ret;
    return this.#sleep(timeoutNs, () => this.host.poll(fds, nfds, timeoutNs));
  }

  override epollWait(epfd: number, events: HostBuffer, max: number, timeoutNs: number): number {
    const ret = this.host.epollWait(epfd, events, max, 0);
    if (ret !== 0 || timeoutNs === 0) return ret;
    return this.#sleep(timeoutNs, () => this.host.epollWait(epfd, events, max, timeoutNs));
  }

  /** Nothing was ready: the time that passes is slept, but for what is beyond the timeout. */
  #sleep(timeoutNs: number, wait: () => number): number {
    this.#look();
    const beforeNs = this.host.clockNs(CLOCK_MONOTONIC);
    const ret = wait();
    const sleptNs = this.host.clockNs(CLOCK_MONOTONIC) - beforeNs;
    if (this.#still > 0) return ret;
    const timedOut = timeoutNs >= 0 && (ret === 0 || sleptNs > timeoutNs);
    this.#nowNs += timedOut ? timeoutNs : sleptNs;
    this.#cpuNs = this.host.clockNs(CLOCK_THREAD_CPUTIME_ID);
    return ret;
  }

  /** Sets the clock on by what the thread has run since, and returns it. */
  #look(): number {
    if (this.#still > 0) return this.#nowNs;
    const cpuNs = this.host.clockNs(CLOCK_THREAD_CPUTIME_ID);
    this.#nowNs += cpuNs - this.#cpuNs;
    this.#cpuNs = cpuNs;
    return this.#nowNs;
  }
}
