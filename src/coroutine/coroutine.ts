import { QemuAbort } from '../aio/abort.ts';
import type { AioContext } from '../aio/aio-context.ts';

/**
 * A coroutine's function. A plain `yield` gives control back to the caller that entered
 * it. A callee that may yield is called by `yield*`. QEMU: CoroutineEntry.
 */
export type CoroutineBody<T> = (opaque: T) => Generator<void, void, void>;

/** A running body, as `yield*` and enter use it. */
export type CoroutineSteps = Generator<void, void, void>;

/** The coroutines of a context, as a coroutine and its thread know them: Coroutines. */
export interface CoroutineHome {
  readonly ctx: AioContext;
  enterSoon(co: Coroutine): void;
  schedule(co: Coroutine): void;
}

/**
 * The state of a coroutine that other threads may schedule and wake, in memory that they share. In
 * the coroutine itself `scheduled` is SHARED then, so that all who look at it ask here.
 */
export interface SharedState {
  /** The function that will enter it; null if none will. */
  readonly scheduledBy: string | null;
  /** Takes the right to enter it later. Returns whether nobody had it. */
  claim(where: string): boolean;
  unclaim(): void;
  /** It is about to be entered in a context of this thread. @throws QemuAbort if it cannot be */
  entering(co: Coroutine, context: CoroutineHome): void;
  /** It has yielded or ended. */
  left(ended: boolean): void;
  /** Number of locks between threads that it holds. */
  readonly locksHeld: number;
  /** Continues it where it last ran, in whatever thread that is. */
  wake(): void;
}

/** Stands in `scheduled` of a coroutine whose state is shared. */
export const SHARED = 'see shared';

/**
 * A function that can be left in the middle and entered again. Made by
 * Coroutines.create. QEMU: Coroutine.
 */
export class Coroutine {
  /** Identifies the coroutine in traces. */
  readonly id: number;
  readonly name: string;
  readonly opaque: unknown;
  /**
   * The coroutine that entered it; null unless it is running, or waiting for one that it
   * entered.
   */
  caller: Coroutine | null = null;
  /**
   * The context in which it last ran; aio_co_wake runs it there again. Null before its
   * first entry.
   */
  home: CoroutineHome | null = null;
  /** The function that will enter it. Until then it is an error to enter or schedule it. */
  scheduled: string | null = null;
  /** Null as long as no other thread knows it. */
  shared: SharedState | null = null;
  /** Number of CoMutexes and CoRwlocks that it holds. */
  locksHeld = 0;
  ended = false;
  /**
   * Coroutines that it has woken: they run when it yields or ends. First and last of a
   * list by `next`.
   */
  wakeupFirst: Coroutine | null = null;
  wakeupLast: Coroutine | null = null;
  /** Whether it is on such a list, and the one that runs after it. */
  woken = false;
  next: Coroutine | null = null;
  nextScheduled: Coroutine | null = null;
  #body: CoroutineBody<unknown> | null;
  #steps: CoroutineSteps | null = null;

  constructor(id: number, name: string, body: CoroutineBody<unknown> | null, opaque: unknown) {
    this.id = id;
    this.name = name;
    this.#body = body;
    this.opaque = opaque;
  }

  /** Whether it is running, or waiting for one that it entered. QEMU: qemu_coroutine_entered. */
  get entered(): boolean {
    return this.caller !== null;
  }

  /** Takes the right to enter it later. @throws QemuAbort if another function has it */
  claim(where: string, by: string): void {
    if (this.shared === null ? this.scheduled !== null : !this.shared.claim(by)) {
      throw alreadyScheduled(where, this);
    }
    if (this.shared === null) this.scheduled = by;
  }

  unclaim(): void {
    if (this.shared === null) this.scheduled = null;
    else this.shared.unclaim();
  }

  /** The function that will enter it; null if none will. */
  get scheduledBy(): string | null {
    return this.shared === null ? this.scheduled : this.shared.scheduledBy;
  }

  /** Runs it to its next yield. Returns whether it has ended. Only Coroutines calls it. */
  resume(): boolean {
    let steps = this.#steps;
    if (steps === null) {
      steps = this.#body!(this.opaque);
      this.#steps = steps;
      this.#body = null;
    }
    return steps.next().done === true;
  }

  /** Puts another behind the coroutines that run once this one yields or ends. */
  queueWakeup(other: Coroutine): void {
    if (other.woken) throw new QemuAbort('aio_co_enter: Co-routine was already woken');
    other.woken = true;
    if (this.wakeupLast === null) this.wakeupFirst = other;
    else this.wakeupLast.next = other;
    this.wakeupLast = other;
  }
}

/**
 * A thread's view of its coroutines: which one runs, and in which context coroutines are
 * entered directly. In all others they are scheduled.
 */
export class CoroutineThread {
  /** Stands for the thread's own stack. QEMU: the leader. */
  readonly leader = new Coroutine(0, 'leader', null, undefined);
  self: Coroutine = this.leader;
  /** The first context that coroutines are made for. QEMU: qemu_get_current_aio_context. */
  current: CoroutineHome | null = null;
  count = 0;
}

/** The abort for entering or scheduling a coroutine that is scheduled already. */
export function alreadyScheduled(where: string, co: Pick<Coroutine, 'scheduledBy'>): QemuAbort {
  return new QemuAbort(`${where}: Co-routine was already scheduled in '${co.scheduledBy}'`);
}

/** Coroutines that other threads have scheduled here, and the lock of the context. */
export interface Arrivals {
  /** Appends them to the coroutines that are scheduled, in the order in which they came. */
  drain(): void;
  acquire(): void;
  release(): void;
}
