import { shown } from '../host/arguments.ts';
import type { TimerHandle } from './handles.ts';

/** A timer's function. QEMU: QEMUTimerCB. */
export type TimerCallback<T> = (opaque: T) => void;

const NOT_PENDING = -1;

/** The list that a timer belongs to: TimerList. */
export interface TimerOwner {
  mod(timer: QemuTimer, expireTimeNs: number): void;
  modFromNow(timer: QemuTimer, spanNs: number): void;
  /** mod, unless it is due earlier. */
  anticipate(timer: QemuTimer, expireTimeNs: number): void;
  del(timer: QemuTimer): void;
  share(timer: QemuTimer): TimerHandle;
  unshare(timer: QemuTimer): void;
  /** Takes over what other threads have done to its shared timers. */
  sync(): void;
}

/** The slot of a timer that is not shared. */
export const NO_SLOT = -1;

/**
 * Calls a function when its clock reaches a time. Made by TimerListGroup.newTimer. QEMU: QEMUTimer.
 */
export class QemuTimer {
  // The fields that an expiry uses are together: with many timers, each is a cache miss.
  readonly callback: TimerCallback<unknown>;
  readonly opaque: unknown;
  /** Whether it is armed, as far as its own thread knows. Only TimerList writes it. @internal */
  armed = false;
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
  /** Its place in shared memory; NO_SLOT while it is not shared. Only SharedTimers writes it. @internal */
  slot = NO_SLOT;

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
    this.#list.anticipate(this, this.#number(expireTimeNs));
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

  /** Disarms it, and makes its handles stale: other threads can arm it no more. QEMU: timer_free. */
  dispose(): void {
    this.del();
    if (this.slot !== NO_SLOT) this.#list.unshare(this);
  }

  /**
   * Returns a handle, with which any thread can arm and disarm it: see RemoteTimer.from. Its function
   * still is called in its own thread. From now on its deadline is in shared memory, behind a lock of
   * its context's shared timers.
   * @throws Error if the loop is closed, or has 65,536 shared timers
   */
  share(): TimerHandle {
    return this.#list.share(this);
  }

  /** Whether it is armed; false inside its own callback. QEMU: timer_pending. */
  get pending(): boolean {
    if (this.slot !== NO_SLOT) this.#list.sync();
    return this.armed;
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
