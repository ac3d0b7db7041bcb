import { QEMU_CLOCK_REALTIME } from '../../aio/clock.ts';
import type { QemuTimer } from '../../aio/timer.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';

/** Output that waits for its reader when all have ended: how long it may, once we are to end. */
export class OutputGrace {
  readonly #timer: QemuTimer;
  readonly #ns: number;
  readonly #drop: () => void;
  #begun = false;

  /** @param drop gives up output that nobody takes */
  constructor(loop: MainLoop, ns: number, drop: () => void) {
    this.#timer = loop.timers.newTimer(QEMU_CLOCK_REALTIME, 'output-grace', drop);
    this.#ns = ns;
    this.#drop = drop;
  }

  /** The time runs from the first call of this on; when it is over, nothing waits any more. */
  begin(): void {
    if (!this.#begun) this.#timer.modFromNowNs(this.#ns);
    else if (!this.#timer.pending) this.#drop();
    this.#begun = true;
  }
}
