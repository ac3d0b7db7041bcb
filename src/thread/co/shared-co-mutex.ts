import { assertionFailed } from '../../aio/abort.ts';
import type { CoroutineSteps } from '../../coroutine/coroutine.ts';
import { EV } from '../../trace/catalogue.ts';
import { NEXT_WAITER, nextOf, push, takeOldestFirst } from './co-records.ts';
import type { SharedCoroutine } from './shared-coroutine.ts';
import type { SharedCoroutines } from './shared-coroutines.ts';

const T_UNCONTENDED = EV.qemu_co_mutex_lock_uncontended;
const T_LOCK_ENTRY = EV.qemu_co_mutex_lock_entry;
const T_LOCK_RETURN = EV.qemu_co_mutex_lock_return;
const T_UNLOCK_ENTRY = EV.qemu_co_mutex_unlock_entry;
const T_UNLOCK_RETURN = EV.qemu_co_mutex_unlock_return;

/** How many coroutines hold it or want it. */
export const LOCKED = 0;
/** The number of the holder's context, plus 1; 0 if nobody holds it. */
export const CONTEXT = 1;
/** The number of the coroutine that holds it; 0 while nobody does. */
export const HOLDER = 2;
/** See H2. */
export const HANDOFF = 3;
/** Waiters that have come, newest first; and those that are next, oldest first. */
export const FROM_PUSH = 4;
export const TO_POP = 5;
const ID = 6;
const WORDS = 7;

/** The mutex is offered to whoever comes. */
const OFFERED = 1;

/** How often it looks whether a holder in another thread is about to unlock it. */
const MOST_LOOKS = 1000;

/** The shared memory of a CoMutex; structured clone takes it to another thread. */
export interface CoMutexHandle {
  readonly words: Int32Array;
}

/**
 * A CoMutex for coroutines of several threads. A waiter yields, and goes on in the context where it
 * waited. Waiters get it in the order in which they came.
 *
 * Invariants:
 *  H1. TO_POP belongs to the coroutine that has to wake the next one: the unlocker, or whoever took
 *      HANDOFF from it.
 *  H2. If LOCKED says that somebody waits, but nobody is on a list yet, the unlocker sets HANDOFF, then
 *      looks at the list. Who comes puts itself on the list, then looks at HANDOFF. So at least one sees the
 *      other; the one that takes HANDOFF away by compare-and-swap wakes the first waiter. Without this
 *      order: explore co-mutex --without push-first, explore co-mutex --without second-look
 *
 * In QEMU 7.2 the test whether there are waiters is inverted, so that an unlock may not see one that
 * came meanwhile; later versions have it right, as it is here. QEMU numbers its offers, and who comes
 * looks for waiters too. Neither is needed: who comes is a waiter itself until it is woken, and while one is
 * on a list nobody makes another offer.
 *
 * QEMU: CoMutex.
 */
export class SharedCoMutex {
  readonly #all: SharedCoroutines;
  readonly #words: Int32Array;
  /** How often it looks before it waits. @internal */
  looks: number;

  /** @param handle of a mutex that another thread has made; by default a new one */
  constructor(coroutines: SharedCoroutines, handle?: CoMutexHandle) {
    this.#all = coroutines;
    this.#words = handle?.words ?? new Int32Array(new SharedArrayBuffer(4 * WORDS));
    // On a simulated host no other thread runs meanwhile.
    this.looks = coroutines.thread.host.kind === 'sim' ? 0 : MOST_LOOKS;
    if (handle === undefined) this.#words[ID] = ++coroutines.coroutines!.thread.count;
  }

  share(): CoMutexHandle {
    return { words: this.#words };
  }

  /** Whether a coroutine holds it. */
  get locked(): boolean {
    return Atomics.load(this.#words, LOCKED) > 0;
  }

  /** `yield* mutex.lock()`. @throws QemuAbort outside of coroutines. QEMU: qemu_co_mutex_lock. */
  *lock(): CoroutineSteps {
    const words = this.#words;
    const self = this.#all.self('qemu_co_mutex_lock');
    const { trace } = this.#all.coroutines!;
    if (this.#takeOrQueue()) {
      if (trace.on[T_UNCONTENDED] !== 0) trace.emit(T_UNCONTENDED, words[ID]!, self.number);
      Atomics.store(words, CONTEXT, this.#all.currentContext + 1);
    } else {
      if (trace.on[T_LOCK_ENTRY] !== 0) trace.emit(T_LOCK_ENTRY, words[ID]!, self.number);
      push(words, FROM_PUSH, this.#all.records, self.number, NEXT_WAITER);
      if (!this.#tookHandoff(self)) yield;
      if (trace.on[T_LOCK_RETURN] !== 0) trace.emit(T_LOCK_RETURN, words[ID]!, self.number);
    }
    Atomics.store(words, HOLDER, self.number);
    self.record.locksHeld++;
  }

  /** @throws QemuAbort if the running coroutine does not hold it. QEMU: qemu_co_mutex_unlock. */
  unlock(): void {
    const words = this.#words;
    const self = this.#all.self('qemu_co_mutex_unlock');
    const { trace } = this.#all.coroutines!;
    if (trace.on[T_UNLOCK_ENTRY] !== 0) trace.emit(T_UNLOCK_ENTRY, words[ID]!, self.number);
    if (!this.locked) throw assertionFailed('qemu_co_mutex_unlock', 'mutex->locked');
    if (Atomics.load(words, HOLDER) !== self.number) {
      throw assertionFailed('qemu_co_mutex_unlock', 'mutex->holder == self');
    }
    Atomics.store(words, CONTEXT, 0);
    Atomics.store(words, HOLDER, 0);
    self.record.locksHeld--;
    // In one step: explore co-mutex --without locked-rmw
    if (Atomics.sub(words, LOCKED, 1) === 1) return;
    this.#wakeNext();
    if (trace.on[T_UNLOCK_RETURN] !== 0) trace.emit(T_UNLOCK_RETURN, words[ID]!, self.number);
  }

  /** Takes it if nobody holds it; otherwise counts the caller as a waiter. */
  #takeOrQueue(): boolean {
    const words = this.#words;
    const own = this.#all.currentContext + 1;
    let others = Atomics.compareExchange(words, LOCKED, 0, 1);
    // A holder in another thread may be about to unlock it. One in this thread cannot go on.
    for (let i = 0; others === 1 && i < this.looks; i++) {
      if (Atomics.load(words, CONTEXT) === own) break;
      if (Atomics.load(words, LOCKED) === 0) {
        others = Atomics.compareExchange(words, LOCKED, 0, 1);
      }
    }
    return others === 0 || Atomics.add(words, LOCKED, 1) === 0;
  }

  /** H2, for one that comes. Returns whether it has got the mutex itself. */
  #tookHandoff(self: SharedCoroutine): boolean {
    const words = this.#words;
    if (Atomics.load(words, HANDOFF) === 0 || !this.#takesOffer()) return false;
    const next = this.#pop();
    if (next !== self.number) {
      this.#wake(next);
      return false;
    }
    Atomics.store(words, CONTEXT, this.#all.currentContext + 1);
    return true;
  }

  /** H2, for the unlocker. */
  #wakeNext(): void {
    const words = this.#words;
    for (;;) {
      const next = this.#pop();
      if (next !== 0) {
        this.#wake(next);
        return;
      }
      // Without its barrier: explore co-mutex --without offer-fence
      Atomics.store(words, HANDOFF, OFFERED);
      // The other way round: explore co-mutex --without has-waiters
      if (Atomics.load(words, FROM_PUSH) === 0) return;
      if (!this.#takesOffer()) return;
    }
  }

  /** Returns false if another has taken it. */
  #takesOffer(): boolean {
    // In one step: explore co-mutex --without offer-once
    return Atomics.compareExchange(this.#words, HANDOFF, OFFERED, 0) === OFFERED;
  }

  #wake(number: number): void {
    Atomics.store(this.#words, CONTEXT, this.#all.homeOf(number) + 1);
    this.#all.wakeNumber(number);
  }

  /** Takes the first waiter; 0 if there is none (H1). */
  #pop(): number {
    const words = this.#words;
    const { records } = this.#all;
    let first = Atomics.load(words, TO_POP);
    if (first === 0) first = takeOldestFirst(words, FROM_PUSH, records, NEXT_WAITER);
    if (first !== 0) Atomics.store(words, TO_POP, nextOf(records, first, NEXT_WAITER));
    return first;
  }
}
