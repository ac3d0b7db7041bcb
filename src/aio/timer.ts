import { checkFunction, shown } from '../host/arguments.ts';
import { EV } from '../trace/catalogue.ts';
import type { Tracer } from '../trace/tracer.ts';
import {
  CLOCK_NAMES,
  type ClockListener,
  type Clocks,
  QEMU_CLOCK_HOST,
  QEMU_CLOCK_MAX,
  SCALE_NS,
  soonestTimeout,
} from './clock.ts';
import { TimerQueue } from './timer-queue.ts';

const T_MOD = EV.timer_mod;
const T_DEL = EV.timer_del;
const T_CALL_BEGIN = EV.timer_call_begin;
const T_CALL_END = EV.timer_call_end;

/** A timer's function. QEMU: QEMUTimerCB. */
export type TimerCallback<T> = (opaque: T) => void;

const NOT_PENDING = -1;

/**
 * Calls a function when its clock reaches a time. Made by TimerListGroup.newTimer. QEMU: QEMUTimer.
 */
export class QemuTimer {
  // The fields that an expiry uses are together: with many timers, each is a cache miss.
  readonly callback: TimerCallback<unknown>;
  readonly opaque: unknown;
  /**
   * Whether it is armed; false inside its own callback. QEMU: timer_pending. Only TimerList writes
   * it.
   */
  pending = false;
  readonly name: string;
  /** ns of one unit in mod and modAnticipate: SCALE_NS, SCALE_US or SCALE_MS. */
  readonly scale: number;
  readonly #list: TimerList;
  /** Deadline of the last arming, ns. Only TimerList writes it. */
  deadlineNs = 0;
  /**
   * The part of the deadline that the number leaves out, see Clocks.restNs. Only TimerList writes
   * it. @internal
   */
  restNs = 0;
  /** @internal */
  seq = 0;

  /** @internal */
  constructor(
    list: TimerList,
    name: string,
    scale: number,
    callback: TimerCallback<unknown>,
    opaque: unknown,
  ) {
    this.#list = list;
    this.name = name;
    this.scale = scale;
    this.callback = callback;
    this.opaque = opaque;
  }

  /** Arms it for a time in its own units, again if it is pending. QEMU: timer_mod. */
  mod(expireTime: number): void {
    this.#list.mod(this, this.#number(expireTime) * this.scale);
  }

  /**
   * Arms it for a time in ns. A negative time counts as 0, which is long past; one above QEMU's
   * int64_t as INT64_MAX. QEMU: timer_mod_ns.
   * @throws RangeError if the time is not a number
   */
  modNs(expireTimeNs: number): void {
    this.#list.mod(this, this.#number(expireTimeNs));
  }

  /** Arms it, unless it is already due earlier. QEMU: timer_mod_anticipate. */
  modAnticipate(expireTime: number): void {
    this.modAnticipateNs(this.#number(expireTime) * this.scale);
  }

  /**
   * QEMU: timer_mod_anticipate_ns.
   * @throws RangeError if the time is not a number
   */
  modAnticipateNs(expireTimeNs: number): void {
    const deadlineNs = this.#number(expireTimeNs);
    const isSooner =
      deadlineNs < this.deadlineNs || (deadlineNs === this.deadlineNs && this.restNs > 0);
    if (!this.pending || isSooner) this.#list.mod(this, deadlineNs);
  }

  /**
   * Arms it for a span from now, in ns.
   * @throws RangeError if the span is not a number
   */
  modFromNowNs(spanNs: number): void {
    this.#list.modFromNow(this, this.#number(spanNs));
  }

  /** Disarms it. QEMU: timer_del. */
  del(): void {
    this.#list.del(this);
  }

  /** See del. */
  dispose(): void {
    this.del();
  }

  /** Deadline in ns of the clock; -1 while it is not pending. QEMU: timer_expire_time_ns. */
  get expireTimeNs(): number {
    return this.pending ? this.deadlineNs : NOT_PENDING;
  }

  /** QEMU: timer_expired. */
  expired(nowNs: number): boolean {
    return this.pending && this.deadlineNs <= nowNs;
  }

  /**
   * Anything that is not a number would have no place in the order, and break it for all others.
   */
  #number(time: number): number {
    if (typeof time === 'number' && !Number.isNaN(time)) return time;
    throw new RangeError(`timer '${this.name}': the time is ${shown(time)}: expected a number`);
  }
}

const INT64_MAX = 2 ** 63;

/** How many timers of a group are armed, so that a group without any costs nothing. */
interface Tally {
  armed: number;
}

/** The timers of one clock in one group. QEMU: QEMUTimerList. */
export class TimerList implements ClockListener {
  readonly type: number;
  readonly #clocks: Clocks;
  readonly #trace: Tracer;
  readonly #notify: () => void;
  readonly #queue = new TimerQueue<QemuTimer>();
  readonly #tally: Tally;
  #closed = false;
  /** Only run writes it. */
  isRunning = false;

  constructor(clocks: Clocks, type: number, trace: Tracer, tally: Tally, notify: () => void) {
    this.#clocks = clocks;
    this.type = type;
    this.#trace = trace;
    this.#tally = tally;
    this.#notify = notify;
    clocks.listen(type, this);
  }

  nowNs(): number {
    return this.#clocks.nowNs(this.type);
  }

  /** Arms a timer for a span from now, exact to the ns on the host clock too. */
  modFromNow(timer: QemuTimer, spanNs: number): void {
    const nowNs = this.nowNs();
    const restNs = this.#clocks.restNs(this.type);
    const sumNs = nowNs + spanNs;
    if (this.type !== QEMU_CLOCK_HOST || !Number.isFinite(sumNs)) {
      this.mod(timer, sumNs);
      return;
    }
    // The part that the sum leaves out (Knuth's two-sum), then the number nearest to the exact
    // time.
    const spanPart = sumNs - nowNs;
    const leftNs = nowNs - (sumNs - spanPart) + (spanNs - spanPart) + restNs;
    const expireTimeNs = sumNs + leftNs;
    this.mod(timer, expireTimeNs, leftNs - (expireTimeNs - sumNs));
  }

  /** @param restNs the part that the number expireTimeNs leaves out */
  mod(timer: QemuTimer, expireTimeNs: number, restNs = 0): void {
    if (this.#closed) throw new Error(`timer_mod: '${timer.name}': the loop is closed`);
    if (timer.pending) this.#queue.remove(timer);
    else this.#tally.armed++;
    timer.pending = true;
    timer.deadlineNs = Math.min(Math.max(expireTimeNs, 0), INT64_MAX);
    timer.restNs = timer.deadlineNs === expireTimeNs ? restNs : 0;
    const first = this.#queue.insert(timer);
    if (this.#trace.on[T_MOD] !== 0) {
      const clock = CLOCK_NAMES[this.type]!;
      this.#trace.emit(T_MOD, timer.name, clock, timer.deadlineNs, first ? 1 : 0);
    }
    // Only a new first deadline can make a sleeper wake up sooner.
    if (first) this.#notify();
  }

  del(timer: QemuTimer): void {
    if (!timer.pending) return;
    this.#queue.remove(timer);
    this.#tally.armed--;
    timer.pending = false;
    if (this.#trace.on[T_DEL] !== 0) this.#trace.emit(T_DEL, timer.name);
  }

  clockEnabled(): void {
    this.#notify();
  }

  /**
   * ns until the first timer is due: 0 if it is, -1 if there is none to wait for. QEMU:
   * timerlist_deadline_ns.
   */
  deadlineNs(): number {
    if (this.#queue.size === 0 || !this.#clocks.isEnabled(this.type)) return -1;
    const delta = this.#queue.firstNs - this.nowNs();
    if (this.type !== QEMU_CLOCK_HOST) return Math.max(delta, 0);
    return Math.max(delta + (this.#queue.first!.restNs - this.#clocks.restNs(this.type)), 0);
  }

  /**
   * Calls all timers that are due by one reading of the clock, including those that callbacks arm
   * for then or before. Returns whether there were any. QEMU: timerlist_run_timers.
   */
  run(): boolean {
    const queue = this.#queue;
    if (queue.size === 0) return false;
    // A nested run resets this like an outer one, and QEMU takes that for the end.
    this.isRunning = false;
    if (!this.#clocks.isEnabled(this.type)) return false;
    const nowNs = this.nowNs();
    const restNs = this.#clocks.restNs(this.type);
    let timer = queue.takeDue(nowNs, restNs);
    if (timer === null) return false;
    this.isRunning = true;
    try {
      for (; timer !== null; timer = queue.takeDue(nowNs, restNs)) {
        timer.pending = false;
        this.#tally.armed--;
        if (this.#trace.active) this.#tracedCall(timer, nowNs);
        else timer.callback(timer.opaque);
      }
    } finally {
      this.isRunning = false;
    }
    return true;
  }

  #tracedCall(timer: QemuTimer, nowNs: number): void {
    if (this.#trace.on[T_CALL_BEGIN] !== 0) {
      const clock = CLOCK_NAMES[this.type]!;
      this.#trace.emit(T_CALL_BEGIN, timer.name, clock, timer.deadlineNs, nowNs);
    }
    timer.callback(timer.opaque);
    if (this.#trace.on[T_CALL_END] !== 0) this.#trace.emit(T_CALL_END, timer.name);
  }

  get size(): number {
    return this.#queue.size;
  }

  /** The pending timers, soonest first. */
  [Symbol.iterator](): Iterator<QemuTimer> {
    return this.#queue[Symbol.iterator]();
  }

  close(): void {
    this.#closed = true;
    this.#clocks.unlisten(this.type, this);
    while (this.#queue.size > 0) this.del(this.#queue.first!);
  }
}

/** One timer list per clock. QEMU: QEMUTimerListGroup. */
export class TimerListGroup {
  /** @internal */
  readonly lists: readonly TimerList[];
  readonly #tally: Tally = { armed: 0 };

  /** @param notify called when a list gets a new earliest deadline. */
  constructor(clocks: Clocks, trace: Tracer, notify: () => void) {
    const lists: TimerList[] = [];
    for (let type = 0; type < QEMU_CLOCK_MAX; type++) {
      lists.push(new TimerList(clocks, type, trace, this.#tally, notify));
    }
    this.lists = lists;
  }

  /**
   * Makes a timer of this group, not armed yet. QEMU: timer_new_full.
   * @param type QEMU_CLOCK_*
   * @param scale ns per unit of its times: SCALE_NS, SCALE_US, SCALE_MS
   */
  newTimer<T = undefined>(
    type: number,
    name: string,
    callback: TimerCallback<T>,
    opaque?: T,
    scale: number = SCALE_NS,
  ): QemuTimer {
    const list = this.lists[type];
    if (list === undefined) throw new RangeError(`there is no clock ${type}: expected 0 to 3`);
    checkFunction(callback, `timer '${name}': its callback`);
    if (!(scale > 0)) throw new RangeError(`timer '${name}': its scale is ${shown(scale)}`);
    return new QemuTimer(list, name, scale, callback as TimerCallback<unknown>, opaque);
  }

  /** ns until any timer is due, -1 for never. QEMU: timerlistgroup_deadline_ns. */
  deadlineNs(): number {
    let deadline = -1;
    if (this.#tally.armed === 0) return deadline;
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
    if (this.#tally.armed === 0) return false;
    for (let i = 0; i < this.lists.length; i++) {
      if (this.lists[i]!.run()) progress = true;
    }
    return progress;
  }

  close(): void {
    for (const list of this.lists) list.close();
  }
}
