import { assertionFailed, QemuAbort } from '../aio/abort.ts';
import type { AioContext } from '../aio/aio-context.ts';
import type { BottomHalf } from '../aio/bottom-half.ts';
import type { BottomHalfHandle } from '../aio/handles.ts';
import { checkFunction, checkHas, checkOptions, checkString, shown } from '../host/arguments.ts';
import { EV } from '../trace/catalogue.ts';
import type { Tracer } from '../trace/tracer.ts';
import {
  type Arrivals,
  alreadyScheduled,
  Coroutine,
  type CoroutineBody,
  type CoroutineHome,
  type CoroutineSteps,
  CoroutineThread,
} from './coroutine.ts';

const T_CREATE = EV.coroutine_create;
const T_ENTER = EV.qemu_aio_coroutine_enter;
const T_YIELD = EV.qemu_coroutine_yield;
const T_TERMINATE = EV.qemu_coroutine_terminate;
const T_SCHEDULE = EV.aio_co_schedule;
const T_SCHEDULE_BH = EV.aio_co_schedule_bh_cb;

/**
 * Makes, enters and schedules the coroutines of an AioContext.
 *
 * Invariants:
 *  K1. A coroutine is woken, or scheduled, once at a time.
 *  K2. A coroutine woken by a running one runs after that has yielded or ended, before those that
 *      were already due to run: depth first.
 *  K3. A body that throws has ended; those that were to run after it are scheduled: none is lost.
 */
export class Coroutines implements CoroutineHome {
  /** The context that runs scheduled coroutines. */
  readonly ctx: AioContext;
  /** Knows which coroutine runs. */
  readonly thread: CoroutineThread;
  readonly trace: Tracer;
  readonly #bh: BottomHalf;
  #scheduledFirst: Coroutine | null = null;
  #scheduledLast: Coroutine | null = null;
  /** How other threads reach these coroutines; null if they do not. @internal */
  arrivals: Arrivals | null = null;

  /** @param thread shared by the contexts that one thread drives */
  constructor(ctx: AioContext, thread: CoroutineThread = new CoroutineThread()) {
    checkOptions({ ctx }, 'Coroutines', { ctx: 'an AioContext' });
    this.#bh = ctx.newBottomHalf('co_schedule_bh', () => this.#runScheduled());
    this.ctx = ctx;
    this.thread = thread;
    this.trace = ctx.trace;
    thread.current ??= this;
    ctx.onFinalize(() => this.#checkNone());
  }

  /** Makes a coroutine that has not been entered yet. QEMU: qemu_coroutine_create. */
  create(body: CoroutineBody<undefined>, name?: string): Coroutine;
  create<T>(body: CoroutineBody<T>, name: string, opaque: T, given?: number): Coroutine;
  create(body: CoroutineBody<never>, name?: string, opaque?: unknown, given = 0): Coroutine {
    checkFunction(body, 'qemu_coroutine_create: the body');
    if (name !== undefined) checkString(name, 'qemu_coroutine_create: the name');
    const id = given === 0 ? ++this.thread.count : given;
    const co = new Coroutine(id, name ?? `coroutine ${id}`, body as CoroutineBody<unknown>, opaque);
    if (this.trace.on[T_CREATE] !== 0) this.trace.emit(T_CREATE, id, co.name);
    return co;
  }

  /** The running coroutine, or the thread's leader outside of any. QEMU: qemu_coroutine_self. */
  get self(): Coroutine {
    return this.thread.self;
  }

  /** QEMU: qemu_in_coroutine. */
  get inCoroutine(): boolean {
    return this.thread.self !== this.thread.leader;
  }

  /**
   * Runs a coroutine until it yields or ends, then those that were woken on the way.
   * @throws QemuAbort if it is running, scheduled, or has ended.
   * QEMU: qemu_coroutine_enter, qemu_aio_coroutine_enter.
   */
  enter(co: Coroutine): void {
    const thread = this.thread;
    const from = thread.self;
    let pending: Coroutine | null = co;
    do {
      const to: Coroutine = pending;
      let ended = true;
      try {
        pending = to.next;
        to.next = null;
        to.woken = false;
        if (this.trace.on[T_ENTER] !== 0) {
          this.trace.emit(T_ENTER, this.ctx.name, from.id, to.id, 0);
        }
        if (to.scheduled !== null || to.caller !== null || to.ended) this.#checkEntry(to);
        to.caller = from;
        to.home = this;
        thread.self = to;
        try {
          ended = to.resume();
        } finally {
          thread.self = from;
          to.caller = null;
          to.ended = ended;
          if (to.shared !== null) to.shared.left(ended);
          if (to.wakeupFirst !== null) pending = takeWakeups(to, pending);
        }
        if (ended) this.#terminated(to);
        else if (this.trace.on[T_YIELD] !== 0) this.trace.emit(T_YIELD, to.id, from.id);
      } catch (error) {
        // Looked at here, since each entry would pay for it.
        if (!(co instanceof Coroutine)) throw noCoroutine('qemu_coroutine_enter', co);
        this.#rescue(pending);
        throw error;
      }
    } while (pending !== null);
  }

  /**
   * Runs a coroutine soon. In the thread's own context it runs at once or, if called
   * inside a coroutine, once that yields; in another context it is scheduled.
   * QEMU: aio_co_enter.
   */
  enterSoon(co: Coroutine): void {
    if (!(co instanceof Coroutine)) throw noCoroutine('aio_co_enter', co);
    const { thread } = this;
    if (thread.current !== this) {
      this.schedule(co);
    } else if (thread.self !== thread.leader) {
      if (thread.self === co) throw assertionFailed('aio_co_enter', 'self != co');
      thread.self.queueWakeup(co);
    } else {
      this.enter(co);
    }
  }

  /**
   * Continues a coroutine that has yielded, in the context where it last ran.
   * QEMU: aio_co_wake.
   */
  wake(co: Coroutine): void {
    if (!(co instanceof Coroutine)) throw noCoroutine('aio_co_wake', co);
    if (co.shared !== null) co.shared.wake();
    else homeOf(co).enterSoon(co);
  }

  /** wake, as if called from another thread: it only schedules. */
  wakeFromThread(co: Coroutine): void {
    if (!(co instanceof Coroutine)) throw noCoroutine('aio_co_wake', co);
    homeOf(co).schedule(co);
  }

  /**
   * Enters a coroutine from a bottom half of this context, in order of scheduling.
   * @throws QemuAbort if it is scheduled already. QEMU: aio_co_schedule.
   */
  schedule(co: Coroutine): void {
    if (!(co instanceof Coroutine)) throw noCoroutine('aio_co_schedule', co);
    if (this.trace.on[T_SCHEDULE] !== 0) this.trace.emit(T_SCHEDULE, this.ctx.name, co.id);
    co.claim('aio_co_schedule', 'aio_co_schedule');
    if (this.arrivals !== null) this.arrivals.drain();
    this.append(co);
    this.#bh.schedule();
  }

  /** Puts a coroutine that was claimed behind those that are scheduled. @internal */
  append(co: Coroutine): void {
    if (this.#scheduledLast === null) this.#scheduledFirst = co;
    else this.#scheduledLast.nextScheduled = co;
    this.#scheduledLast = co;
  }

  /** The bottom half that enters scheduled coroutines, for other threads. @internal */
  shareBh(): BottomHalfHandle {
    return this.#bh.share();
  }

  /** Continues in another context: `yield* co.rescheduleSelf(to)`. QEMU: aio_co_reschedule_self. */
  *rescheduleSelf(target: Coroutines): CoroutineSteps {
    checkHas(target, 'enterSoon', 'aio_co_reschedule_self: the target', 'a Coroutines');
    const here = this.thread.current;
    if (here === null || here === target) return;
    const { self } = this;
    // In a bottom half: otherwise the target could enter it before it has yielded.
    here.ctx.scheduleOneshot('aio_co_reschedule_self_bh', () => target.schedule(self));
    yield;
  }

  /** Deletes the bottom half; scheduled coroutines are not entered any more. */
  dispose(): void {
    this.#bh.dispose();
    this.#scheduledFirst = this.#scheduledLast = null;
    if (this.thread.current === this) this.thread.current = null;
  }

  /** QEMU: aio_ctx_finalize. */
  #checkNone(): Error | null {
    this.arrivals?.drain();
    if (this.#scheduledFirst === null) return null;
    return assertionFailed('aio_ctx_finalize', 'QSLIST_EMPTY(&ctx->scheduled_coroutines)');
  }

  #terminated(co: Coroutine): void {
    if (co.locksHeld !== 0 || (co.shared !== null && co.shared.locksHeld !== 0))
      throw assertionFailed('qemu_aio_coroutine_enter', '!to->locks_held');
    if (this.trace.on[T_TERMINATE] !== 0) this.trace.emit(T_TERMINATE, co.id);
  }

  /** QEMU: co_schedule_bh_cb. */
  #runScheduled(): void {
    if (this.arrivals !== null) this.arrivals.drain();
    let co = this.#scheduledFirst;
    this.#scheduledFirst = this.#scheduledLast = null;
    while (co !== null) {
      const next: Coroutine | null = co.nextScheduled;
      co.nextScheduled = null;
      if (this.trace.on[T_SCHEDULE_BH] !== 0) this.trace.emit(T_SCHEDULE_BH, this.ctx.name, co.id);
      try {
        if (this.arrivals === null) {
          co.unclaim();
          this.enter(co);
        } else this.#enterLocked(co, this.arrivals);
      } catch (error) {
        this.#putBack(next);
        throw error;
      }
      co = next;
    }
  }

  #enterLocked(co: Coroutine, arrivals: Arrivals): void {
    arrivals.acquire();
    try {
      co.unclaim();
      this.enter(co);
    } finally {
      arrivals.release();
    }
  }

  /** @throws QemuAbort if it is running, scheduled, or has ended */
  #checkEntry(co: Coroutine): void {
    if (co.caller === null && !co.ended && co.shared?.scheduledBy === null) {
      co.shared.entering(co, this);
    } else refuse(co);
  }

  /**
   * If a body throws, the rest of its round runs in the next round, before what was
   * scheduled since.
   */
  #putBack(first: Coroutine | null): void {
    if (first === null) return;
    let last = first;
    while (last.nextScheduled !== null) last = last.nextScheduled;
    last.nextScheduled = this.#scheduledFirst;
    this.#scheduledFirst = first;
    this.#scheduledLast ??= last;
    this.#bh.schedule();
  }

  /** Invariant K3. */
  #rescue(first: Coroutine | null): void {
    for (let co = first; co !== null; ) {
      const { next }: Coroutine = co;
      co.next = null;
      co.woken = false;
      if (co.scheduledBy === null && !co.ended) this.schedule(co);
      co = next;
    }
  }
}

/** Takes the coroutines that one has woken, and puts them before the others (K2). */
function takeWakeups(co: Coroutine, before: Coroutine | null): Coroutine | null {
  const first = co.wakeupFirst;
  co.wakeupLast!.next = before;
  co.wakeupFirst = co.wakeupLast = null;
  return first;
}

function homeOf(co: Coroutine): CoroutineHome {
  if (co.home === null) throw new QemuAbort('aio_co_wake: Co-routine was never entered');
  return co.home;
}

function refuse(co: Coroutine): void {
  if (co.scheduledBy !== null) throw alreadyScheduled('qemu_aio_coroutine_enter', co);
  if (co.caller !== null) throw new QemuAbort('Co-routine re-entered recursively');
  throw new QemuAbort('Co-routine has ended and cannot be entered');
}

function noCoroutine(what: string, value: unknown): TypeError {
  return new TypeError(`${what}: ${shown(value)} is not a coroutine: expected what create returns`);
}
