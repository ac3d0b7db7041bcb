import { isTimeout } from '../arguments.ts';
import { CLOCK_MONOTONIC } from '../constants.ts';
import type { Disposable, Host, HostBuffer } from '../host.ts';
import { BlockingNodeWait, type NodeWait } from '../node-wait.ts';
import { asFutexWait, asPoll } from './futex.ts';
import { HostLens } from './lens.ts';

interface TimedEvent {
  readonly timeNs: number;
  readonly act: () => void;
}

/**
 * A real host on which an outside world acts at set times, as with SimHost.at(): while the
 * thread waits, is busy, or looks at the clock.
 *
 * It needs no second thread. A wait is cut short when an event is due, the event happens,
 * and the wait continues to its own end. The caller sees one call, which returns what was
 * ready in the end, as if another thread had acted while the kernel slept. So iterations,
 * and the results of each poll, are the same as with a second thread.
 */
export class TimedHost extends HostLens {
  /** Soonest first; of equal ones, first given first. */
  readonly #events: TimedEvent[] = [];
  /**
   * Time of the next event; Infinity also while an event happens, so that none starts within
   * another.
   */
  #dueNs = Number.POSITIVE_INFINITY;
  #running = false;
  #restNs = 0;
  readonly #none: HostBuffer;

  constructor(host: Host) {
    super(host);
    this.#none = host.alloc(8);
  }

  /** CLOCK_MONOTONIC, without running due events. */
  get nowNs(): number {
    return this.host.clockNs(CLOCK_MONOTONIC);
  }

  /**
   * Runs act at timeNs of CLOCK_MONOTONIC, or as soon as the thread waits or looks at the
   * clock after that.
   */
  at(timeNs: number, act: () => void): Disposable {
    const event = { timeNs, act };
    let i = this.#events.length;
    while (i > 0 && this.#events[i - 1]!.timeNs > timeNs) i--;
    this.#events.splice(i, 0, event);
    this.#update();
    return {
      dispose: () => {
        const at = this.#events.indexOf(event);
        if (at >= 0) this.#events.splice(at, 1);
        this.#update();
      },
    };
  }

  /** Time of the next event; Infinity if there is none. */
  get nextEventNs(): number {
    return this.#events[0]?.timeNs ?? Number.POSITIVE_INFINITY;
  }

  /** Lets the thread sleep for ns. */
  sleep(ns: number): void {
    const endNs = this.nowNs + ns;
    for (let nowNs = this.nowNs; nowNs < endNs; nowNs = this.nowNs) {
      this.poll(this.#none, 0, endNs - nowNs);
    }
    this.clockNs(CLOCK_MONOTONIC);
  }

  override clockNs(clock: number): number {
    const ns = this.host.clockNs(clock);
    // Saved, since the clock is read again below.
    const restNs = this.host.clockRestNs;
    if (this.#dueNs !== Number.POSITIVE_INFINITY) {
      if (clock === CLOCK_MONOTONIC ? ns >= this.#dueNs : this.nowNs >= this.#dueNs) this.#run();
    }
    this.#restNs = restNs;
    return ns;
  }

  override get clockRestNs(): number {
    return this.#restNs;
  }

  /** Its time passes only in calls that block. */
  override openNodeWait(round: () => void): NodeWait {
    return new BlockingNodeWait(round, () => false);
  }

  override poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    if (this.#dueNs === Number.POSITIVE_INFINITY || !isTimeout(timeoutNs)) {
      return this.host.poll(fds, nfds, timeoutNs);
    }
    return this.#wait(timeoutNs, (cutNs) => this.host.poll(fds, nfds, cutNs));
  }

  override epollWait(epfd: number, events: HostBuffer, max: number, timeoutNs: number): number {
    if (this.#dueNs === Number.POSITIVE_INFINITY || !isTimeout(timeoutNs)) {
      return this.host.epollWait(epfd, events, max, timeoutNs);
    }
    return this.#wait(timeoutNs, (cutNs) => this.host.epollWait(epfd, events, max, cutNs));
  }

  override futexWait(
    words: Int32Array,
    index: number,
    expected: number,
    timeoutNs: number,
  ): number {
    if (this.#dueNs === Number.POSITIVE_INFINITY || !isTimeout(timeoutNs)) {
      return this.host.futexWait(words, index, expected, timeoutNs);
    }
    const call = (ns: number): number => asPoll(this.host.futexWait(words, index, expected, ns));
    return asFutexWait(this.#wait(timeoutNs, call));
  }

  #wait(timeoutNs: number, call: (cutNs: number) => number): number {
    const endNs = timeoutNs < 0 ? Number.POSITIVE_INFINITY : this.nowNs + timeoutNs;
    for (;;) {
      if (this.nowNs >= this.#dueNs) this.#run();
      const nowNs = this.nowNs;
      const untilNs = Math.min(endNs, this.#dueNs);
      const last = untilNs === endNs;
      const cutNs = untilNs === Number.POSITIVE_INFINITY ? -1 : Math.max(0, untilNs - nowNs);
      const ret = call(timeoutNs === 0 ? 0 : cutNs);
      if (ret !== 0 || last || timeoutNs === 0) return ret;
    }
  }

  #run(): void {
    const nowNs = this.nowNs;
    this.#running = true;
    this.#update();
    try {
      while (this.nextEventNs <= nowNs) this.#events.shift()!.act();
    } finally {
      this.#running = false;
      this.#update();
    }
  }

  #update(): void {
    this.#dueNs = this.#running ? Number.POSITIVE_INFINITY : this.nextEventNs;
  }
}
