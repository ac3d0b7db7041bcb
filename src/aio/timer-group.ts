import { checkFunction, checkString, shown } from '../host/arguments.ts';
import type { Tracer } from '../trace/tracer.ts';
import {
  type Clocks,
  QEMU_CLOCK_MAX,
  type QEMUClockType,
  SCALE_NS,
  soonestTimeout,
} from './clock.ts';
import type { TimerNotify } from './handles.ts';
import { SharedTimers } from './shared-timers.ts';
import { QemuTimer, type TimerCallback } from './timer.ts';
import { TimerList } from './timer-list.ts';
import { TimerBoard } from './wake/timer-board.ts';

/** One timer list per clock. QEMU: QEMUTimerListGroup. */
export class TimerListGroup {
  /** @internal */
  readonly lists: readonly TimerList[];
  /** @internal */
  armed = 0;
  /** @internal */
  shared: SharedTimers | null = null;
  /** The memory of its shared timers, from the first share on; if null, new memory. @internal */
  board: TimerBoard | null = null;
  readonly #clocks: Clocks;
  readonly #notify: () => void;
  readonly #notifiedBy: (() => TimerNotify) | null;

  /**
   * @param notify called when a list gets a new earliest deadline
   * @param notifiedBy how another thread does the same; without it no timer can be shared
   */
  constructor(
    clocks: Clocks,
    trace: Tracer,
    notify: () => void,
    notifiedBy: (() => TimerNotify) | null = null,
  ) {
    this.#clocks = clocks;
    this.#notify = notify;
    this.#notifiedBy = notifiedBy;
    const lists: TimerList[] = [];
    for (let type = 0; type < QEMU_CLOCK_MAX; type++) {
      lists.push(new TimerList(clocks, type, trace, this));
    }
    this.lists = lists;
  }

  /** @internal */
  notify(): void {
    this.#notify();
  }

  /** @internal */
  sharing(): SharedTimers {
    if (this.shared !== null) return this.shared;
    if (this.#notifiedBy === null) throw new Error('share: no other thread can wake this group up');
    this.shared = new SharedTimers(
      this.board ?? new TimerBoard(this.#clocks.host),
      this.lists,
      this.#notifiedBy(),
    );
    return this.shared;
  }

  /**
   * Makes a timer of this group, not armed yet. QEMU: timer_new_full.
   * @param type QEMU_CLOCK_*; QEMU_CLOCK_VIRTUAL stands still, and calls nothing, until `clocks.enable` or Vm.start
   * @param scale ns per unit of its times: SCALE_NS, SCALE_US, SCALE_MS
   */
  newTimer<T = undefined>(
    type: QEMUClockType,
    name: string,
    callback: TimerCallback<T>,
    opaque?: T,
    scale: number = SCALE_NS,
  ): QemuTimer {
    const list = typeof type === 'number' ? this.lists[type] : undefined;
    if (list === undefined)
      throw new RangeError(`there is no clock ${shown(type)}: expected 0 to 3`);
    checkString(name, 'timer_new: the name');
    checkFunction(callback, `timer '${name}': its callback`);
    if (!(scale > 0)) throw new RangeError(`timer '${name}': its scale is ${shown(scale)}`);
    return new QemuTimer(list, name, scale, callback as TimerCallback<unknown>, opaque);
  }

  /** ns until any timer is due, -1 for never. QEMU: timerlistgroup_deadline_ns. */
  deadlineNs(): number {
    let deadline = -1;
    if (this.shared !== null) this.shared.sync();
    if (this.armed === 0) return deadline;
    for (let i = 0; i < this.lists.length; i++) {
      deadline = soonestTimeout(deadline, this.lists[i]!.deadlineNs());
    }
    return deadline;
  }

  /**
   * Runs due timers, clock by clock in the order of their numbers. QEMU: timerlistgroup_run_timers.
   */
  run(): boolean {
    let progress = false;
    if (this.shared !== null) this.shared.sync();
    if (this.armed === 0) return false;
    for (let i = 0; i < this.lists.length; i++) {
      if (this.lists[i]!.run()) progress = true;
    }
    return progress;
  }

  close(): void {
    this.shared?.close();
    for (const list of this.lists) list.close();
  }
}
