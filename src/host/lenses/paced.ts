import { CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_THREAD_CPUTIME_ID } from '../constants.ts';
import type { Host, HostBuffer } from '../host.ts';
import { BlockingNodeWait, type NodeWait } from '../node-wait.ts';
import { asFutexWait, asPoll } from './futex.ts';
import { HostLens } from './lens.ts';

/** The most that the thread's own running counts, between two reads of a clock. */
const MOST_RUN_NS = 1000;

/**
 * A real host whose clocks a slow machine cannot hurry. They advance by the time that the thread
 * sleeps. A wait that times out takes exactly its timeout, however late the thread is woken; one
 * that finds something ready at once takes no time. The thread's own running hardly counts. So an
 * event that is due at 5 ms always comes before one that is due at 6 ms, even if the machine is
 * busy or the code is cold. `lateNs` says how long the machine held the thread up.
 */
export class PacedHost extends HostLens {
  /** This host's time, ns; it starts at the real CLOCK_MONOTONIC. */
  #nowNs: number;
  /** The real CLOCK_MONOTONIC when #nowNs was last set. */
  #realNs: number;
  /** CLOCK_REALTIME less CLOCK_MONOTONIC, from the start on. */
  readonly #wallNs: number;
  /** Whether the clocks are the real ones: see stop. */
  #stopped = false;
  /** lateNs at that time. */
  #stoppedLateNs = 0;
  /** How deep calls of still() are nested. */
  #still = 0;
  /** When real time and the thread's CPU time began to count for lateNs. */
  #lateSinceNs: number;
  #cpuSinceNs: number;
  /** Time slept since then, each wait for its timeout at most. */
  #sleptNs = 0;

  constructor(host: Host) {
    super(host);
    this.#realNs = host.clockNs(CLOCK_MONOTONIC);
    this.#wallNs = host.clockNs(CLOCK_REALTIME) - this.#realNs;
    this.#nowNs = this.#realNs;
    this.#lateSinceNs = this.#realNs;
    this.#cpuSinceNs = host.clockNs(CLOCK_THREAD_CPUTIME_ID);
  }

  /**
   * How long the machine kept this thread from running, or woke it too late, ns, up to stop(). Time in
   * still() does not count.
   */
  get lateNs(): number {
    if (this.#stopped) return this.#stoppedLateNs;
    const realNs = this.host.clockNs(CLOCK_MONOTONIC) - this.#lateSinceNs;
    const ranNs = this.host.clockNs(CLOCK_THREAD_CPUTIME_ID) - this.#cpuSinceNs;
    return Math.max(0, realNs - ranNs - this.#sleptNs);
  }

  /** Calls act while the clocks stand still: its work and its waits take no time. */
  still<T>(act: () => T): T {
    if (this.#still > 0) return act();
    this.#look();
    const cpuNs = this.host.clockNs(CLOCK_THREAD_CPUTIME_ID);
    const realNs = this.host.clockNs(CLOCK_MONOTONIC);
    this.#still++;
    try {
      return act();
    } finally {
      this.#still--;
      this.#realNs = this.host.clockNs(CLOCK_MONOTONIC);
      this.#lateSinceNs += this.#realNs - realNs;
      this.#cpuSinceNs += this.host.clockNs(CLOCK_THREAD_CPUTIME_ID) - cpuNs;
    }
  }

  /** Calls act while the clocks stand still, and asks the host for no time. */
  hold<T>(act: () => T): T {
    this.#still++;
    try {
      return act();
    } finally {
      this.#still--;
    }
  }

  /** The clocks are the real ones from now on, for threads that compare their times. */
  stop(): void {
    this.#stoppedLateNs = this.lateNs;
    this.#stopped = true;
  }

  override clockNs(clock: number): number {
    if (this.#stopped) return this.host.clockNs(clock);
    if (clock === CLOCK_MONOTONIC) return this.#look();
    if (clock === CLOCK_REALTIME) return this.#look() + this.#wallNs;
    return this.host.clockNs(clock);
  }

  /** Its time passes only in calls that block. */
  override openNodeWait(round: () => void): NodeWait {
    return new BlockingNodeWait(round, () => false);
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

  override futexWait(
    words: Int32Array,
    index: number,
    expected: number,
    timeoutNs: number,
  ): number {
    const call = (ns: number): number => asPoll(this.host.futexWait(words, index, expected, ns));
    const ret = call(0);
    if (ret !== 0 || timeoutNs === 0) return asFutexWait(ret);
    return asFutexWait(this.#sleep(timeoutNs, () => call(timeoutNs)));
  }

  /** Waits, after nothing was ready. The time that passes counts as sleep, up to the timeout. */
  #sleep(timeoutNs: number, wait: () => number): number {
    if (this.#still > 0 || this.#stopped) return wait();
    this.#look();
    const beforeNs = this.host.clockNs(CLOCK_MONOTONIC);
    const ret = wait();
    this.#realNs = this.host.clockNs(CLOCK_MONOTONIC);
    const passedNs = this.#realNs - beforeNs;
    const isOver = timeoutNs >= 0 && (ret === 0 || passedNs > timeoutNs);
    const sleptNs = isOver ? timeoutNs : passedNs;
    this.#nowNs += sleptNs;
    this.#sleptNs += sleptNs;
    return ret;
  }

  /**
   * This host's time at a real one, ns. Unlike a look at the clock, it changes nothing.
   * @param realNs a reading of the real CLOCK_MONOTONIC
   */
  timeAt(realNs: number): number {
    if (this.#stopped) return realNs;
    const ranNs = this.#still > 0 ? 0 : Math.min(realNs - this.#realNs, MOST_RUN_NS);
    return this.#nowNs + Math.max(0, ranNs);
  }

  #look(): number {
    if (this.#still > 0) return this.#nowNs;
    const realNs = this.host.clockNs(CLOCK_MONOTONIC);
    this.#nowNs += Math.min(realNs - this.#realNs, MOST_RUN_NS);
    this.#realNs = realNs;
    return this.#nowNs;
  }
}
