import { assertionFailed } from '../../aio/abort.ts';
import type { CoroutineSteps } from '../../coroutine/coroutine.ts';
import { CoList } from './co-list.ts';
import { type CoMutexHandle, SharedCoMutex } from './shared-co-mutex.ts';
import type { SharedCoroutine } from './shared-coroutine.ts';
import type { SharedCoroutines } from './shared-coroutines.ts';

/** Number of readers, or WRITER. A woken ticket is counted before it runs. */
const OWNERS = 0;
const TICKETS = 1;
const WORDS = TICKETS + CoList.WORDS;
const WRITER = -1;

/** The shared memory of a CoRwlock; structured clone takes it to another thread. */
export interface CoRwlockHandle {
  readonly words: Int32Array;
  readonly mutex: CoMutexHandle;
}

/**
 * A lock for many readers or one writer, of several threads. Tickets are served in order, so a
 * reader waits behind a waiting writer. All calls may yield, since a mutex guards the state. QEMU:
 * CoRwlock.
 */
export class SharedCoRwlock {
  readonly #all: SharedCoroutines;
  readonly #words: Int32Array;
  readonly #mutex: SharedCoMutex;
  readonly #tickets: CoList;

  /** @param handle of a lock that another thread has made; by default a new one */
  constructor(coroutines: SharedCoroutines, handle?: CoRwlockHandle) {
    this.#all = coroutines;
    this.#words = handle?.words ?? new Int32Array(new SharedArrayBuffer(4 * WORDS));
    this.#mutex = new SharedCoMutex(coroutines, handle?.mutex);
    this.#tickets = new CoList(this.#words, TICKETS, coroutines.records);
  }

  share(): CoRwlockHandle {
    return { words: this.#words, mutex: this.#mutex.share() };
  }

  /** `yield* lock.rdlock()`. QEMU: qemu_co_rwlock_rdlock. */
  *rdlock(): CoroutineSteps {
    const self = this.#all.self('qemu_co_rwlock_rdlock');
    yield* this.#mutex.lock();
    if (this.#owners === 0 || (this.#owners > 0 && this.#tickets.first === 0)) {
      this.#owners++;
      this.#mutex.unlock();
    } else {
      this.#draw(self, true);
      this.#mutex.unlock();
      yield;
      if (this.#owners < 1) throw assertionFailed('qemu_co_rwlock_rdlock', 'lock->owners >= 1');
      // A reader that was woken lets the next one in, if that wants to read too.
      yield* this.#mutex.lock();
      this.#wakeOne();
    }
    self.record.locksHeld++;
  }

  /** `yield* lock.wrlock()`. QEMU: qemu_co_rwlock_wrlock. */
  *wrlock(): CoroutineSteps {
    const self = this.#all.self('qemu_co_rwlock_wrlock');
    yield* this.#mutex.lock();
    if (this.#owners === 0) {
      this.#owners = WRITER;
      this.#mutex.unlock();
    } else {
      this.#draw(self, false);
      this.#mutex.unlock();
      yield;
      this.#checkWriter('qemu_co_rwlock_wrlock');
    }
    self.record.locksHeld++;
  }

  /**
   * `yield* lock.unlock()`.
   * @throws QemuAbort if nobody holds it. QEMU: qemu_co_rwlock_unlock.
   */
  *unlock(): CoroutineSteps {
    const self = this.#all.self('qemu_co_rwlock_unlock');
    self.record.locksHeld--;
    yield* this.#mutex.lock();
    if (this.#owners > 0) this.#owners--;
    else {
      this.#checkWriter('qemu_co_rwlock_unlock');
      this.#owners = 0;
    }
    this.#wakeOne();
  }

  /** Turns a writer into a reader: `yield* lock.downgrade()`. QEMU: qemu_co_rwlock_downgrade. */
  *downgrade(): CoroutineSteps {
    yield* this.#mutex.lock();
    this.#checkWriter('qemu_co_rwlock_downgrade');
    this.#owners = 1;
    this.#wakeOne();
  }

  /**
   * Turns a reader into a writer, behind those that wait already: `yield* lock.upgrade()`. QEMU:
   * qemu_co_rwlock_upgrade.
   */
  *upgrade(): CoroutineSteps {
    const self = this.#all.self('qemu_co_rwlock_upgrade');
    yield* this.#mutex.lock();
    if (this.#owners <= 0) throw assertionFailed('qemu_co_rwlock_upgrade', 'lock->owners > 0');
    if (this.#owners === 1 && this.#tickets.first === 0) {
      this.#owners = WRITER;
      this.#mutex.unlock();
      return;
    }
    this.#owners--;
    this.#draw(self, false);
    this.#wakeOne();
    yield;
    this.#checkWriter('qemu_co_rwlock_upgrade');
  }

  #draw(self: SharedCoroutine, wantsRead: boolean): void {
    self.record.wantsRead = wantsRead;
    this.#tickets.append(self.number);
  }

  #checkWriter(where: string): void {
    if (this.#owners !== WRITER) throw assertionFailed(where, 'lock->owners == -1');
  }

  /** Gives the mutex back, and wakes the first ticket if it may enter. QEMU: qemu_co_rwlock_maybe_wake_one. */
  #wakeOne(): void {
    const { first } = this.#tickets;
    const wakes = first !== 0 && this.#admit(this.#all.wantsRead(first));
    if (wakes) this.#tickets.shift();
    this.#mutex.unlock();
    if (wakes) this.#all.wakeNumber(first);
  }

  /** Counts a reader or a writer if it may enter. */
  #admit(wantsRead: boolean): boolean {
    if (wantsRead ? this.#owners < 0 : this.#owners !== 0) return false;
    this.#owners = wantsRead ? this.#owners + 1 : WRITER;
    return true;
  }

  get #owners(): number {
    return Atomics.load(this.#words, OWNERS);
  }

  set #owners(owners: number) {
    Atomics.store(this.#words, OWNERS, owners);
  }
}
