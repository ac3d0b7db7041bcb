import { CLOCK_NAMES } from '../aio/clock.ts';
import { checkHandle, type TimerHandle } from '../aio/handles.ts';
import type { Inbox } from '../aio/wake/inbox.ts';
import { clampNs, TimerBoard } from '../aio/wake/timer-board.ts';
import { checkHost, shown } from '../host/arguments.ts';
import type { Host } from '../host/host.ts';
import { EV } from '../trace/catalogue.ts';
import type { Tracer } from '../trace/tracer.ts';
import { RemoteBottomHalf, type RemoteOptions } from './remote-bottom-half.ts';
import { RemoteLink } from './remote-link.ts';
import type { Waker } from './waker.ts';

const T_MOD = EV.timer_mod;
const T_DEL = EV.timer_del;

/**
 * A timer of any context or main loop, for any thread: also for its own. Its function is called in its
 * home thread, which is notified only if the timer becomes the first of its list.
 *
 * If the timer has been disposed of, or its loop was closed, all calls do nothing and return false.
 * QEMU's would touch freed memory.
 */
export class RemoteTimer {
  /** Its name in traces and logs. */
  readonly name: string;
  /** ns of one unit in mod and modAnticipate. */
  readonly scale: number;
  readonly #handle: TimerHandle;
  readonly #board: TimerBoard;
  readonly #inbox: Inbox;
  readonly #waker: Waker;
  /** Scheduled for a new first timer; null if the context is notified. */
  readonly #bh: RemoteBottomHalf | null;
  readonly #trace: Tracer;

  /**
   * @param host this thread's
   * @throws TypeError if the handle is not one of QemuTimer.share
   */
  static from(handle: TimerHandle, host: Host, options: RemoteOptions = {}): RemoteTimer {
    checkHandle(handle, 'timer', 'RemoteTimer.from');
    checkHost(host, 'RemoteTimer.from');
    return new RemoteTimer(handle, host, options.trace);
  }

  private constructor(handle: TimerHandle, host: Host, trace: Tracer | undefined) {
    const { context, bh } = handle.notify;
    const link = RemoteLink.of(host, context);
    this.name = handle.name;
    this.scale = handle.scale;
    this.#handle = handle;
    this.#board = new TimerBoard(host, handle.board);
    this.#inbox = link.inbox;
    this.#waker = link.waker;
    this.#trace = trace ?? link.silent;
    this.#bh = bh === null ? null : RemoteBottomHalf.from(bh, host, { trace: this.#trace });
  }

  /**
   * As QemuTimer.mod: arms it for a time in its own units. Returns whether the timer still exists.
   * @throws RangeError if the time is not a number. QEMU: timer_mod.
   */
  mod(expireTime: number): boolean {
    return this.modNs(this.#number(expireTime) * this.scale);
  }

  /** As QemuTimer.modNs. QEMU: timer_mod_ns. */
  modNs(expireTimeNs: number): boolean {
    return this.#mod(clampNs(this.#number(expireTimeNs)), false);
  }

  /** As QemuTimer.modAnticipate: arms it, unless it is due earlier. QEMU: timer_mod_anticipate. */
  modAnticipate(expireTime: number): boolean {
    return this.modAnticipateNs(this.#number(expireTime) * this.scale);
  }

  /** QEMU: timer_mod_anticipate_ns. */
  modAnticipateNs(expireTimeNs: number): boolean {
    return this.#mod(clampNs(this.#number(expireTimeNs)), true);
  }

  /**
   * Disarms it: it is not called any more, except if that has begun. Does not wait for that. QEMU:
   * timer_del.
   */
  del(): boolean {
    if (!this.#lock()) return false;
    const board = this.#board;
    const { slot } = this.#handle;
    const was = board.expireNs(slot) >= 0;
    board.delFrom(slot);
    board.unlock();
    if (was && this.#trace.on[T_DEL] !== 0) this.#trace.emit(T_DEL, this.name);
    return true;
  }

  /** Whether it is armed; false in its own callback. QEMU: timer_pending. */
  get pending(): boolean {
    const { slot, generation } = this.#handle;
    return this.#board.isArmed(slot, generation) && !this.#inbox.isClosed;
  }

  /** Its deadline in ns of its clock; -1 while it is not pending. QEMU: timer_expire_time_ns. */
  get expireTimeNs(): number {
    if (!this.#lock()) return -1;
    const expireNs = this.#board.expireNs(this.#handle.slot);
    this.#board.unlock();
    return expireNs;
  }

  #mod(expireNs: number, anticipates: boolean): boolean {
    if (!this.#lock()) return false;
    const board = this.#board;
    const { slot } = this.#handle;
    if (anticipates && board.isBefore(slot, expireNs)) {
      board.unlock();
      return true;
    }
    const first = board.modFrom(slot, expireNs);
    const type = board.type(slot);
    board.unlock();
    if (this.#trace.on[T_MOD] !== 0) {
      this.#trace.emit(T_MOD, this.name, CLOCK_NAMES[type]!, expireNs, first ? 1 : 0);
    }
    // After the change: explore timers --without publish-first
    // For each new first deadline: explore timers --without notify
    if (first) this.#notify();
    return true;
  }

  /** QEMU: timerlist_notify. */
  #notify(): void {
    if (this.#bh !== null) this.#bh.schedule();
    else this.#waker.notify(this.#trace);
  }

  /** Takes the lock, unless the timer is gone. */
  #lock(): boolean {
    if (this.#inbox.isClosed) return false;
    const { slot, generation } = this.#handle;
    this.#board.lock();
    if (this.#board.isOf(slot, generation)) return true;
    this.#board.unlock();
    return false;
  }

  #number(time: number): number {
    if (typeof time === 'number' && !Number.isNaN(time)) return time;
    throw new RangeError(`timer '${this.name}': the time is ${shown(time)}: expected a number`);
  }
}
