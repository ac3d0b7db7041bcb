import { shown } from '../host/arguments.ts';

/** A timer's function. QEMU: QEMUTimerCB. */
export type TimerCallback<T> = (opaque: T) => void;

const NOT_PENDING = -1;

/** The list that a timer belongs to: TimerList. */
export interface TimerOwner {
  mod(timer: QemuTimer, expireTimeNs: number): void;
  modFromNow(timer: QemuTimer, spanNs: number): void;
  del(timer: QemuTimer): void;
}

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
  readonly #list: TimerOwner;
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
    list: TimerOwner,
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

  /** modFromNowNs with a span in ms, whatever the timer's own units. */
  modIn(ms: number): void {
    this.#list.modFromNow(this, this.#number(ms) * 1_000_000);
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
