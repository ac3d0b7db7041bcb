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
import type { QemuTimer, TimerOwner } from './timer.ts';
import { TimerQueue } from './timer-queue.ts';

const T_MOD = EV.timer_mod;
const T_DEL = EV.timer_del;
const T_CALL_BEGIN = EV.timer_call_begin;
const T_CALL_END = EV.timer_call_end;

const INT64_MAX = 2 ** 63;

/** How many timers of a group are armed, so that a group without any costs nothing. */
export interface Tally {
  armed: number;
}

/** The timers of one clock in one group. QEMU: QEMUTimerList. */
export class TimerList implements ClockListener, TimerOwner {
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
    const queue = this.#queue;
    const nowNs = this.nowNs();
    const restNs = this.#clocks.restNs(this.type);
    let timer = queue.takeDue(nowNs, restNs);
    if (timer === null) return false;
    this.isRunning = true;
    try {
      for (; timer !== null; timer = queue.takeDue(nowNs, restNs)) {
        timer.pending = false;
        this.#tally.armed--;
        if (TRACEABLE && this.#trace.active) this.#tracedCall(timer, nowNs);
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
