import { assertionFailed } from '../aio/abort.ts';
import { QEMU_CLOCK_REALTIME, type QEMUClockType } from '../aio/clock.ts';
import { checkHas } from '../host/arguments.ts';
import type { Coroutine, CoroutineSteps } from './coroutine.ts';
import type { Coroutines } from './coroutines.ts';

const SCHEDULED = 'qemu_co_sleep_ns';

/** A sleep that can be ended early by wake. QEMU: QemuCoSleep. */
export class CoSleep {
  readonly #coroutines: Coroutines;
  #toWake: Coroutine | null = null;

  /** @throws TypeError */
  constructor(coroutines: Coroutines) {
    checkHas(coroutines, 'enterSoon', 'CoSleep: the first argument', 'a Coroutines');
    this.#coroutines = coroutines;
  }

  /** The running coroutine sleeps until wake: `yield* sleep.sleep()`. QEMU: qemu_co_sleep. */
  *sleep(): CoroutineSteps {
    const { self } = this.#coroutines;
    // Nobody may enter or schedule it before the sleep is over.
    self.claim('qemu_co_sleep', SCHEDULED);
    this.#toWake = self;
    yield;
  }

  /** Sleeps until wake, or for ns on the clock at most. QEMU: qemu_co_sleep_ns_wakeable. */
  *sleepNs(ns: number, clock: QEMUClockType = QEMU_CLOCK_REALTIME): CoroutineSteps {
    const { current } = this.#coroutines.thread;
    const { timers } = (current ?? this.#coroutines).ctx;
    const timer = timers.newTimer(clock, 'co_sleep', () => this.wake());
    timer.modFromNowNs(ns);
    yield* this.sleep();
    timer.del();
  }

  /** Ends the sleep; does nothing if nobody sleeps. QEMU: qemu_co_sleep_wake. */
  wake(): void {
    const co = this.#toWake;
    this.#toWake = null;
    if (co === null) return;
    if (co.scheduledBy !== SCHEDULED) {
      throw assertionFailed('qemu_co_sleep_wake', 'scheduled == qemu_co_sleep_ns__scheduled');
    }
    co.unclaim();
    this.#coroutines.wake(co);
  }
}

/**
 * Puts the running coroutine to sleep: `yield* coSleepNs(coroutines, ns)`.
 * QEMU: qemu_co_sleep_ns.
 */
export function coSleepNs(
  coroutines: Coroutines,
  ns: number,
  clock: QEMUClockType = QEMU_CLOCK_REALTIME,
): CoroutineSteps {
  return new CoSleep(coroutines).sleepNs(ns, clock);
}
