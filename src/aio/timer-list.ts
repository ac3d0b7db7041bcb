import { EV } from '../trace/catalogue.ts';
import { TRACEABLE } from '../trace/traceable.ts';
import type { Tracer } from '../trace/tracer.ts';
import {
  CLOCK_NAMES,
  type ClockListener,
  type Clocks,
  QEMU_CLOCK_HOST,
  QEMU_CLOCK_VIRTUAL,
} from './clock.ts';
import type { TimerHandle } from './handles.ts';
import type { BoardList, SharedTimers } from './shared-timers.ts';
import { NO_SLOT, type QemuTimer, type TimerOwner } from './timer.ts';
import { TimerQueue } from './timer-queue.ts';
import { clampNs } from './wake/timer-board.ts';

const T_MOD = EV.timer_mod;
const T_DEL = EV.timer_del;
const T_CALL_BEGIN = EV.timer_call_begin;
const T_CALL_END = EV.timer_call_end;

/** The group of a list, as far as a list needs it. */
export interface ListOwner {
  /** Its timers that are armed, so that a group without any costs nothing. */
  armed: number;
  /** Those that other threads know; null until one is shared. */
  readonly shared: SharedTimers | null;
  /** The same, made if it is null. */
  sharing(): SharedTimers;
  /** A list has a new earliest deadline. */
  notify(): void;
}

/** The timers of one clock in one group. QEMU: QEMUTimerList. */
export class TimerList implements ClockListener, TimerOwner, BoardList {
  readonly type: number;
  readonly #clocks: Clocks;
  readonly #trace: Tracer;
  readonly #queue = new TimerQueue<QemuTimer>();
  readonly #owner: ListOwner;
  #closed = false;
  /** Only run writes it. */
  isRunning = false;

  constructor(clocks: Clocks, type: number, trace: Tracer, owner: ListOwner) {
    this.#clocks = clocks;
    this.type = type;
    this.#trace = trace;
    this.#owner = owner;
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
    this.#checkOpen(timer);
    const { shared } = this.#owner;
    let first: boolean;
    if (shared === null) first = this.arm(timer, expireTimeNs, restNs);
    else {
      shared.lock();
      first = this.arm(timer, expireTimeNs, restNs);
      shared.unlock(this, timer);
    }
    this.#armed(timer, first);
  }

  anticipate(timer: QemuTimer, expireTimeNs: number): void {
    const { shared } = this.#owner;
    if (shared === null) {
      if (!isSooner(timer, expireTimeNs)) return;
      this.mod(timer, expireTimeNs);
      return;
    }
    this.#checkOpen(timer);
    shared.lock();
    const sooner = isSooner(timer, expireTimeNs);
    const first = sooner && this.arm(timer, expireTimeNs);
    shared.unlock(this, timer);
    if (sooner) this.#armed(timer, first);
  }

  #checkOpen(timer: QemuTimer): void {
    if (this.#closed) throw new Error(`timer_mod: '${timer.name}': the loop is closed`);
  }

  /** mod, as far as the lock of shared timers protects it. Returns whether it is now the first. */
  arm(timer: QemuTimer, expireTimeNs: number, restNs = 0): boolean {
    if (timer.armed) this.#queue.remove(timer);
    else this.#owner.armed++;
    timer.armed = true;
    timer.deadlineNs = clampNs(expireTimeNs);
    timer.restNs = timer.deadlineNs === expireTimeNs ? restNs : 0;
    return this.#queue.insert(timer);
  }

  #armed(timer: QemuTimer, first: boolean): void {
    if (this.#trace.on[T_MOD] !== 0) {
      const clock = CLOCK_NAMES[this.type]!;
      this.#trace.emit(T_MOD, timer.name, clock, timer.deadlineNs, first ? 1 : 0);
    }
    // Only a new first deadline can make a sleeper wake up sooner.
    if (first) this.#owner.notify();
  }

  del(timer: QemuTimer): void {
    const { shared } = this.#owner;
    if (shared !== null) shared.lock();
    const was = this.disarm(timer);
    if (shared !== null) shared.unlock(this, timer);
    if (was && this.#trace.on[T_DEL] !== 0) this.#trace.emit(T_DEL, timer.name);
  }

  /** del, as far as the lock protects it. Returns whether it was armed. */
  disarm(timer: QemuTimer): boolean {
    if (!timer.armed) return false;
    this.#queue.remove(timer);
    this.#owner.armed--;
    timer.armed = false;
    return true;
  }

  share(timer: QemuTimer): TimerHandle {
    this.#checkOpen(timer);
    return this.#owner.sharing().share(this, timer);
  }

  unshare(timer: QemuTimer): void {
    this.#owner.shared?.unshare(timer);
  }

  sync(): void {
    this.#owner.shared?.sync();
  }

  get ownHeadNs(): number {
    for (const timer of this.#queue) if (timer.slot === NO_SLOT) return timer.deadlineNs;
    return -1;
  }

  clockEnabled(): void {
    this.#owner.notify();
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
    const { shared } = this.#clocks;
    if (this.type !== QEMU_CLOCK_VIRTUAL || shared === null) return this.#runDue();
    if (!shared.begin()) return false;
    try {
      return this.#runDue();
    } finally {
      shared.end();
    }
  }

  #runDue(): boolean {
    const nowNs = this.nowNs();
    const restNs = this.#clocks.restNs(this.type);
    let timer = this.#takeDue(nowNs, restNs);
    if (timer === null) return false;
    this.isRunning = true;
    try {
      for (; timer !== null; timer = this.#takeDue(nowNs, restNs)) {
        if (TRACEABLE && this.#trace.active) this.#tracedCall(timer, nowNs);
        else timer.callback(timer.opaque);
      }
    } finally {
      this.isRunning = false;
    }
    return true;
  }

  #takeDue(nowNs: number, restNs: number): QemuTimer | null {
    const { shared } = this.#owner;
    return shared === null ? this.take(nowNs, restNs) : shared.takeDue(this, nowNs, restNs);
  }

  /** Takes the first timer if it is due, as far as the lock protects it. */
  take(nowNs: number, restNs: number): QemuTimer | null {
    const timer = this.#queue.takeDue(nowNs, restNs);
    if (timer === null) return null;
    timer.armed = false;
    this.#owner.armed--;
    return timer;
  }

  /** Whether the first timer may be due. */
  isDue(nowNs: number): boolean {
    return this.#queue.firstNs <= nowNs;
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

/** Whether modAnticipate arms a timer. */
function isSooner({ armed, deadlineNs, restNs }: QemuTimer, expireTimeNs: number): boolean {
  return !armed || expireTimeNs < deadlineNs || (expireTimeNs === deadlineNs && restNs > 0);
}
