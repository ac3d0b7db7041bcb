import type { CoroutineSteps } from '../../coroutine/coroutine.ts';
import { QemuMutex } from '../qemu-mutex.ts';
import { CoList } from './co-list.ts';
import type { SharedCoMutex } from './shared-co-mutex.ts';
import type { SharedCoroutines } from './shared-coroutines.ts';

/** The shared memory of a CoQueue; structured clone takes it to another thread. */
export interface CoQueueHandle {
  readonly words: Int32Array;
}

/**
 * Coroutines of several threads that wait for something, first come first served. Everybody who
 * uses it must hold the same lock: a SharedCoMutex, or a QemuMutex. A queue of one thread needs
 * none. QEMU: CoQueue.
 */
export class SharedCoQueue {
  readonly #all: SharedCoroutines;
  readonly #words: Int32Array;
  readonly #waiting: CoList;

  /** @param handle of a queue that another thread has made; by default a new one */
  constructor(coroutines: SharedCoroutines, handle?: CoQueueHandle) {
    this.#all = coroutines;
    this.#words = handle?.words ?? new Int32Array(new SharedArrayBuffer(4 * CoList.WORDS));
    this.#waiting = new CoList(this.#words, 0, coroutines.records);
  }

  share(): CoQueueHandle {
    return { words: this.#words };
  }

  /** QEMU: qemu_co_queue_empty. */
  get empty(): boolean {
    return this.#waiting.first === 0;
  }

  /**
   * Makes the running coroutine wait for its turn: `yield* queue.wait(mutex)`. The lock is given
   * back for the time of the wait. QEMU: qemu_co_queue_wait.
   */
  *wait(lock?: SharedCoMutex | QemuMutex): CoroutineSteps {
    this.#waiting.append(this.#all.self('qemu_co_queue_wait').number);
    yield* this.#sleep(lock);
  }

  /** Waits at the front. QEMU: qemu_co_queue_wait with CO_QUEUE_WAIT_FRONT. */
  *waitFront(lock?: SharedCoMutex | QemuMutex): CoroutineSteps {
    this.#waiting.prepend(this.#all.self('qemu_co_queue_wait').number);
    yield* this.#sleep(lock);
  }

  *#sleep(lock?: SharedCoMutex | QemuMutex): CoroutineSteps {
    lock?.unlock();
    yield;
    if (lock instanceof QemuMutex) lock.lock();
    else if (lock !== undefined) yield* lock.lock();
  }

  /**
   * Wakes the first, from a coroutine. Returns false if nobody waits. QEMU: qemu_co_queue_next.
   */
  next(): boolean {
    const number = this.#waiting.shift();
    if (number === 0) return false;
    this.#all.wakeNumber(number);
    return true;
  }

  /** Wakes all, in order. QEMU: qemu_co_queue_restart_all. */
  restartAll(): void {
    while (this.next());
  }

  /**
   * Enters the first, from outside of coroutines: the lock is given back meanwhile. Returns false if
   * nobody waits. QEMU: qemu_co_enter_next.
   */
  enterNext(lock?: QemuMutex): boolean {
    const number = this.#waiting.shift();
    if (number === 0) return false;
    lock?.unlock();
    try {
      this.#all.wakeNumber(number);
    } finally {
      lock?.lock();
    }
    return true;
  }

  /** Calls enterNext until nobody waits. QEMU: qemu_co_enter_all. */
  enterAll(lock?: QemuMutex): void {
    while (this.enterNext(lock));
  }
}
