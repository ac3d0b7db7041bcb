import { QEMU_CLOCK_REALTIME } from '../../aio/clock.ts';
import type { QemuTimer } from '../../aio/timer.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';

/** A timer of the loop is exact below 2^53 ns, which is 104 days; longer times are waited for in parts. */
const PART_NS = 1e15;

/** Calls a function once a time has passed, however long that is. */
export class LongTimer {
  readonly #timer: QemuTimer;
  #restNs = 0;

  constructor(loop: MainLoop, name: string, fire: () => void) {
    this.#timer = loop.timers.newTimer(QEMU_CLOCK_REALTIME, name, () => {
      if (this.#restNs > 0) this.start(this.#restNs);
      else fire();
    });
  }

  get pending(): boolean {
    return this.#timer.pending;
  }

  /** From now on; anew if it is pending. */
  start(ns: number): void {
    const part = Math.min(ns, PART_NS);
    this.#restNs = ns - part;
    this.#timer.modFromNowNs(part);
  }

  stop(): void {
    this.#timer.del();
  }
}
