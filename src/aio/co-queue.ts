import { checkHas } from '../host/arguments.ts';
import type { CoMutex } from './co-mutex.ts';
import type { Coroutine, CoroutineSteps } from './coroutine.ts';
import type { Coroutines } from './coroutines.ts';

/** Coroutines that wait for something, first come first served. QEMU: CoQueue. */
export class CoQueue {
  readonly #coroutines: Coroutines;
  readonly #waiting: Coroutine[] = [];

  /** @throws TypeError */
  constructor(coroutines: Coroutines) {
    checkHas(coroutines, 'enterSoon', 'CoQueue: the first argument', 'a Coroutines');
    this.#coroutines = coroutines;
  }

  /** QEMU: qemu_co_queue_empty. */
  get empty(): boolean {
    return this.#waiting.length === 0;
  }

  /**
   * The running coroutine waits for its turn: `yield* queue.wait()`. A mutex that
   * it holds is unlocked for as long. QEMU: qemu_co_queue_wait.
   */
  *wait(mutex?: CoMutex): CoroutineSteps {
    this.#waiting.push(this.#coroutines.self);
    yield* sleep(mutex);
  }

  /** wait, before all others. QEMU: qemu_co_queue_wait with CO_QUEUE_WAIT_FRONT. */
  *waitFront(mutex?: CoMutex): CoroutineSteps {
    this.#waiting.unshift(this.#coroutines.self);
    yield* sleep(mutex);
  }

  /** Wakes the first; it runs when the caller yields or ends. False where nobody waits. QEMU: qemu_co_queue_next. */
  next(): boolean {
    return this.enterNext();
  }

  /** Wakes all, in order. QEMU: qemu_co_queue_restart_all. */
  restartAll(): void {
    this.enterAll();
  }

  /** Enters the first, at once outside of coroutines. False where nobody waits. QEMU: qemu_co_enter_next. */
  enterNext(): boolean {
    const co = this.#waiting.shift();
    if (co === undefined) return false;
    this.#coroutines.wake(co);
    return true;
  }

  /** enterNext until nobody waits. QEMU: qemu_co_enter_all. */
  enterAll(): void {
    while (this.enterNext());
  }
}

function* sleep(mutex: CoMutex | undefined): CoroutineSteps {
  mutex?.unlock();
  yield;
  if (mutex !== undefined) yield* mutex.lock();
}
