import { assertionFailed } from '../aio/abort.ts';
import { checkHas } from '../host/arguments.ts';
import type { Coroutine, CoroutineSteps } from './coroutine.ts';
import type { Coroutines } from './coroutines.ts';

interface Ticket {
  readonly read: boolean;
  readonly co: Coroutine;
}

/** `owners` while a writer holds it. */
const WRITER = -1;

/**
 * A lock for many readers or one writer. A coroutine that must wait draws a ticket.
 * Tickets are served in order, so a reader waits behind a waiting writer. Each woken
 * reader wakes the next in line if that is a reader too. QEMU: CoRwlock.
 */
export class CoRwlock {
  readonly #coroutines: Coroutines;
  /** Number of readers, or WRITER. A woken ticket is counted before it runs. */
  #owners = 0;
  readonly #tickets: Ticket[] = [];

  /** @throws TypeError */
  constructor(coroutines: Coroutines) {
    checkHas(coroutines, 'enterSoon', 'CoRwlock: the first argument', 'a Coroutines');
    this.#coroutines = coroutines;
  }

  /** `yield* lock.rdlock()`. QEMU: qemu_co_rwlock_rdlock. */
  *rdlock(): CoroutineSteps {
    const { self } = this.#coroutines;
    if (this.#owners === 0 || (this.#owners > 0 && this.#tickets.length === 0)) {
      this.#owners++;
    } else {
      this.#tickets.push({ read: true, co: self });
      yield;
      if (this.#owners < 1) throw assertionFailed('qemu_co_rwlock_rdlock', 'lock->owners >= 1');
      this.#wakeOne();
    }
    self.locksHeld++;
  }

  /** `yield* lock.wrlock()`. QEMU: qemu_co_rwlock_wrlock. */
  *wrlock(): CoroutineSteps {
    const { self } = this.#coroutines;
    if (this.#owners === 0) {
      this.#owners = WRITER;
    } else {
      yield* this.#waitToWrite('qemu_co_rwlock_wrlock');
    }
    self.locksHeld++;
  }

  /**
   * @throws QemuAbort if nobody holds it, or if called outside of coroutines.
   * QEMU: qemu_co_rwlock_unlock.
   */
  unlock(): void {
    const { self, inCoroutine } = this.#coroutines;
    if (!inCoroutine) throw assertionFailed('qemu_co_rwlock_unlock', 'qemu_in_coroutine()');
    if (this.#owners === 0) throw assertionFailed('qemu_co_rwlock_unlock', 'lock->owners == -1');
    self.locksHeld--;
    this.#owners = this.#owners === WRITER ? 0 : this.#owners - 1;
    this.#wakeOne();
  }

  /**
   * Turns a writer into a reader, and lets in the readers that are next in line.
   * QEMU: qemu_co_rwlock_downgrade.
   */
  downgrade(): void {
    if (this.#owners !== WRITER) {
      throw assertionFailed('qemu_co_rwlock_downgrade', 'lock->owners == -1');
    }
    this.#owners = 1;
    this.#wakeOne();
  }

  /**
   * Turns a reader into a writer, behind those that wait already: `yield* lock.upgrade()`.
   * QEMU: qemu_co_rwlock_upgrade.
   */
  *upgrade(): CoroutineSteps {
    if (this.#owners <= 0) throw assertionFailed('qemu_co_rwlock_upgrade', 'lock->owners > 0');
    if (this.#owners === 1 && this.#tickets.length === 0) {
      this.#owners = WRITER;
      return;
    }
    this.#owners--;
    this.#tickets.push({ read: false, co: this.#coroutines.self });
    this.#wakeOne();
    yield;
    if (this.#owners !== WRITER) {
      throw assertionFailed('qemu_co_rwlock_upgrade', 'lock->owners == -1');
    }
  }

  *#waitToWrite(where: string): CoroutineSteps {
    this.#tickets.push({ read: false, co: this.#coroutines.self });
    yield;
    if (this.#owners !== WRITER) throw assertionFailed(where, 'lock->owners == -1');
  }

  /** QEMU: qemu_co_rwlock_maybe_wake_one. */
  #wakeOne(): void {
    const ticket = this.#tickets[0];
    if (ticket === undefined) return;
    if (ticket.read ? this.#owners < 0 : this.#owners !== 0) return;
    this.#owners = ticket.read ? this.#owners + 1 : WRITER;
    this.#tickets.shift();
    this.#coroutines.wake(ticket.co);
  }
}
