import { QemuAbort } from '../aio/abort.ts';
import type { Coroutines } from './coroutines.ts';

/**
 * A coroutine's function. A plain `yield` gives control back to whoever entered
 * it; what may yield in a callee is called by `yield*`. QEMU: CoroutineEntry.
 */
export type CoroutineBody<T> = (opaque: T) => Generator<void, void, void>;

/** A running body, as yield* and enter see it. */
export type CoroutineSteps = Generator<void, void, void>;

/**
 * A function that can be left in the middle and entered again. Made by
 * Coroutines.create. QEMU: Coroutine.
 */
export class Coroutine {
  /** Tells coroutines apart in traces. */
  readonly id: number;
  readonly name: string;
  readonly opaque: unknown;
  /** Who entered it; null while it is not running, nor waiting for one that it entered. */
  caller: Coroutine | null = null;
  /** Where it ran last; an aio_co_wake runs it there again. Null before its first entry. */
  home: Coroutines | null = null;
  /** The function that will enter it; entering or scheduling it before is an error. */
  scheduled: string | null = null;
  /** How many CoMutexes and CoRwlocks it holds. */
  locksHeld = 0;
  ended = false;
  /** Those it has woken: they run when it yields or ends. First and last of a list by `next`. */
  wakeupFirst: Coroutine | null = null;
  wakeupLast: Coroutine | null = null;
  /** Whether it stands on such a list, and who runs after it. */
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

  /** Whether it is running, or waits for one that it entered. QEMU: qemu_coroutine_entered. */
  get entered(): boolean {
    return this.caller !== null;
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

  /** Puts another behind those that run once this one yields or ends. */
  queueWakeup(other: Coroutine): void {
    if (other.woken) throw new QemuAbort('aio_co_enter: Co-routine was already woken');
    other.woken = true;
    if (this.wakeupLast === null) this.wakeupFirst = other;
    else this.wakeupLast.next = other;
    this.wakeupLast = other;
  }
}

/**
 * What one thread knows of its coroutines: which one runs, and where
 * coroutines are entered directly. Everywhere else they are scheduled.
 */
export class CoroutineThread {
  /** Stands for the thread's own stack. QEMU: the leader. */
  readonly leader = new Coroutine(0, 'leader', null, undefined);
  self: Coroutine = this.leader;
  /** QEMU: qemu_get_current_aio_context. The first context that coroutines are made for. */
  current: Coroutines | null = null;
  count = 0;
}

/** The abort of who finds a coroutine scheduled by somebody else. */
export function alreadyScheduled(where: string, co: Coroutine): QemuAbort {
  return new QemuAbort(`${where}: Co-routine was already scheduled in '${co.scheduled}'`);
}
