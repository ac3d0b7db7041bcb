import { assertionFailed } from '../aio/abort.ts';
import { checkHas } from '../host/arguments.ts';
import { EV } from '../trace/catalogue.ts';
import type { Coroutine, CoroutineSteps } from './coroutine.ts';
import type { Coroutines } from './coroutines.ts';

const T_UNCONTENDED = EV.qemu_co_mutex_lock_uncontended;
const T_LOCK_ENTRY = EV.qemu_co_mutex_lock_entry;
const T_LOCK_RETURN = EV.qemu_co_mutex_lock_return;
const T_UNLOCK_ENTRY = EV.qemu_co_mutex_unlock_entry;
const T_UNLOCK_RETURN = EV.qemu_co_mutex_unlock_return;

/**
 * A lock whose waiters yield. An unlock hands it to the first waiter: nobody who comes
 * later, not even the unlocker, gets it first. QEMU: CoMutex.
 */
export class CoMutex {
  /** Identifies the mutex in traces. */
  readonly id: number;
  readonly #coroutines: Coroutines;
  /** The coroutine that holds it; null also while a woken waiter has not run yet. */
  #holder: Coroutine | null = null;
  /** Number of coroutines that hold it or wait for it. */
  #locked = 0;
  readonly #waiters: Coroutine[] = [];

  /** @throws TypeError */
  constructor(coroutines: Coroutines) {
    checkHas(coroutines, 'enterSoon', 'CoMutex: the first argument', 'a Coroutines');
    this.#coroutines = coroutines;
    this.id = ++coroutines.thread.count;
  }

  /** Whether a coroutine holds it. */
  get locked(): boolean {
    return this.#locked > 0;
  }

  /** `yield* mutex.lock()`. QEMU: qemu_co_mutex_lock. */
  *lock(): CoroutineSteps {
    const { self, trace } = this.#coroutines;
    if (this.#locked++ === 0) {
      if (trace.on[T_UNCONTENDED] !== 0) trace.emit(T_UNCONTENDED, this.id, self.id);
    } else {
      if (trace.on[T_LOCK_ENTRY] !== 0) trace.emit(T_LOCK_ENTRY, this.id, self.id);
      this.#waiters.push(self);
      yield;
      if (trace.on[T_LOCK_RETURN] !== 0) trace.emit(T_LOCK_RETURN, this.id, self.id);
    }
    this.#holder = self;
    self.locksHeld++;
  }

  /** @throws QemuAbort if the running coroutine does not hold it. QEMU: qemu_co_mutex_unlock. */
  unlock(): void {
    const { self, trace } = this.#coroutines;
    if (trace.on[T_UNLOCK_ENTRY] !== 0) trace.emit(T_UNLOCK_ENTRY, this.id, self.id);
    if (this.#locked === 0) throw assertionFailed('qemu_co_mutex_unlock', 'mutex->locked');
    if (this.#holder !== self) {
      throw assertionFailed('qemu_co_mutex_unlock', 'mutex->holder == self');
    }
    this.#holder = null;
    self.locksHeld--;
    this.#locked--;
    const next = this.#waiters.shift();
    if (next === undefined) return;
    this.#coroutines.wake(next);
    if (trace.on[T_UNLOCK_RETURN] !== 0) trace.emit(T_UNLOCK_RETURN, this.id, self.id);
  }
}
