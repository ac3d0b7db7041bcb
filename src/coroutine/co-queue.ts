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
   * Makes the running coroutine wait for its turn: `yield* queue.wait()`. If it holds a
   * mutex, the mutex is unlocked for the time of the wait. QEMU: qemu_co_queue_wait.
   */
  *wait(mutex?: CoMutex): CoroutineSteps {
    if (mutex !== undefined)
      checkHas(mutex, 'unlock', 'qemu_co_queue_wait: the mutex', 'a CoMutex');
    this.#waiting.push(this.#coroutines.self);
    yield* sleep(mutex);
  }

  /** Waits at the front of the queue. QEMU: qemu_co_queue_wait with CO_QUEUE_WAIT_FRONT. */
  *waitFront(mutex?: CoMutex): CoroutineSteps {
    if (mutex !== undefined)
      checkHas(mutex, 'unlock', 'qemu_co_queue_wait: the mutex', 'a CoMutex');
    this.#waiting.unshift(this.#coroutines.self);
    yield* sleep(mutex);
  }

  /**
   * Wakes the first; it runs when the caller yields or ends. Returns false if nobody
   * waits. QEMU: qemu_co_queue_next.
   */
  next(): boolean {
    return this.enterNext();
  }

  /** Wakes all, in order. QEMU: qemu_co_queue_restart_all. */
  restartAll(): void {
    this.enterAll();
  }

  /**
   * Enters the first: at once if called outside of coroutines. Returns false if nobody
   * waits. QEMU: qemu_co_enter_next.
   */
  enterNext(): boolean {
    const co = this.#waiting.shift();
    if (co === undefined) return false;
    this.#coroutines.wake(co);
    return true;
  }

  /** Calls enterNext until nobody waits. QEMU: qemu_co_enter_all. */
  enterAll(): void {
    while (this.enterNext());
  }
}

function* sleep(mutex: CoMutex | undefined): CoroutineSteps {
  mutex?.unlock();
  yield;
  if (mutex !== undefined) yield* mutex.lock();
}
