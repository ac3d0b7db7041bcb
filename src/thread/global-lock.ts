import { QemuAbort } from '../aio/abort.ts';
import type { BigLock } from '../aio/big-lock.ts';
import { DEFAULT_QEMU, PROFILES, type Profile, type QemuVersion } from '../aio/profile.ts';
import { ETIMEDOUT } from '../host/errno.ts';
import type { Host } from '../host/host.ts';
import { EV } from '../trace/catalogue.ts';
import { TRACEABLE } from '../trace/traceable.ts';
import type { Tracer } from '../trace/tracer.ts';
import type { Lender, Serve } from './lender.ts';
import { type LockCode, type LockMemory, lockCode } from './lock-code.ts';
import { BQL_FAIR, BQL_NEXT, BQL_OWNER, BQL_SERVING, BQL_STATE } from './machine-words.ts';
import { checkWait, FREE, tryLockWord, WANTED } from './mutex-word.ts';
import type { QemuCond } from './qemu-cond.ts';

const T_LOCK = EV.bql_lock;
const T_LOCKED = EV.bql_locked;
const T_UNLOCK = EV.bql_unlock;

/** The bytes where the words of the lock stand. */
const STATE_BYTE = 4 * BQL_STATE;
const OWNER_BYTE = 4 * BQL_OWNER;

/** Looks before a sleep: whoever ends main's sleep with the BQL gives it back within a microsecond. */
const SPINS = 300;

/** More threads than there can be. */
const MOST = 0x7fffffff;

/** The parts of a thread that its lock needs. */
export interface LockOwner {
  /** Its number in the machine, from 1 on. */
  readonly id: number;
  readonly host: Host;
  readonly trace: Tracer;
}

/**
 * The big lock, as one thread sees it: who holds it may touch the machine. A main loop gives it back
 * while it polls; aio_poll and AIO_WAIT_WHILE keep it.
 *
 * It is unfair, as a pthread mutex is: a thread that unlocks it and locks it again at once gets it
 * before one that was asleep. A machine can be made with a fair one, which serves in order.
 *
 * OWNER is written by the holder alone.
 *
 * QEMU: qemu_global_mutex.
 */
export class GlobalLock implements BigLock {
  readonly #words: Int32Array;
  readonly #code: LockCode;
  readonly #id: number;
  readonly #trace: Tracer;
  readonly #host: Host;
  readonly #fair: boolean;
  /** On a simulated host another thread may go first wherever a lock is taken. */
  readonly #yields: boolean;
  readonly #looks: number;
  /** Neither fair nor simulated. */
  readonly #isPlain: boolean;
  readonly #lender: Lender;
  /** Its functions have other names in later QEMUs. */
  readonly #names: Profile['bql'];
  /** Makes the calls that the holder asks main for; null in other threads. @internal */
  serve: Serve | null = null;
  #failure: unknown = null;
  #mine = false;

  /** @internal */
  constructor(
    memory: LockMemory,
    owner: LockOwner,
    lender: Lender,
    qemu: QemuVersion = DEFAULT_QEMU,
  ) {
    this.#names = PROFILES[qemu].bql;
    this.#lender = lender;
    const words = new Int32Array(memory.buffer);
    this.#words = words;
    this.#code = lockCode(memory);
    this.#id = owner.id;
    this.#trace = owner.trace;
    this.#host = owner.host;
    this.#fair = Atomics.load(words, BQL_FAIR) !== 0;
    this.#yields = owner.host.kind === 'sim';
    this.#isPlain = !this.#fair && !this.#yields;
    // Whether a sleep was spared changes no order: memory that is not real needs no looks.
    this.#looks = this.#yields || memory.code !== undefined ? 0 : SPINS;
  }

  /** Whether this thread holds it. QEMU: qemu_mutex_iothread_locked. */
  get isMine(): boolean {
    return this.#mine;
  }

  /** The number of the thread that holds it; 0 if nobody does. Another thread's answer may be late. */
  get owner(): number {
    return Atomics.load(this.#words, BQL_OWNER);
  }

  /**
   * Takes it, once nobody else holds it.
   * @throws QemuAbort if this thread holds it; HostError (EDEADLK) if the host knows that nobody
   *   will ever give it back. QEMU: qemu_mutex_lock_iothread_impl.
   */
  lock(): void {
    if (this.#mine) {
      const { lock, locked } = this.#names;
      throw new QemuAbort(`${lock}_impl: assertion failed: (!${locked}())`);
    }
    if (this.#isPlain && !(TRACEABLE && this.#trace.active)) {
      if (this.#code.take(STATE_BYTE, OWNER_BYTE, this.#id) === 0) this.#wait();
      this.#mine = true;
      return;
    }
    if (this.#trace.on[T_LOCK] !== 0) this.#trace.emit(T_LOCK, this.#id, this.owner);
    if (this.#yields) this.#host.schedYield();
    if (this.#fair) this.#waitForTurn();
    else this.#wait();
    this.#taken();
  }

  #wait(): void {
    const words = this.#words;
    if (this.#spins(words)) return;
    // Without WANTED: explore bql --without wanted. In one step: explore bql --without take-exchange
    while (Atomics.exchange(words, BQL_STATE, WANTED) !== FREE) {
      if (!this.#served()) this.#sleep(WANTED);
    }
    words[BQL_OWNER] = this.#id;
    this.#throwServed();
  }

  /** Returns whether it was given back meanwhile, and is taken. */
  #spins(words: Int32Array): boolean {
    for (let i = this.#looks; i > 0; i--) {
      if (Atomics.load(words, BQL_STATE) !== FREE || !tryLockWord(words, BQL_STATE)) continue;
      words[BQL_OWNER] = this.#id;
      return true;
    }
    return false;
  }

  #sleep(seen: number): void {
    const ret = this.#host.futexWait(this.#words, BQL_STATE, seen, -1);
    checkWait(ret, this.#names.lock);
  }

  /** Makes a call of main's that the holder asks for: the BQL is lent to main meanwhile. */
  #served(): boolean {
    const { serve } = this;
    if (serve === null || !this.#lender.asked) return false;
    const holder = this.owner;
    this.#mine = true;
    this.#failure ??= this.#lender.serve(serve);
    this.#mine = false;
    this.#words[BQL_OWNER] = holder;
    return true;
  }

  /** An error of such a call comes out once main has the BQL. */
  #throwServed(): void {
    const failure = this.#failure;
    if (failure === null) return;
    this.#failure = null;
    this.#mine = true;
    throw failure;
  }

  /** Takes it if nobody holds it. Returns whether it did. */
  tryLock(): boolean {
    const words = this.#words;
    if (this.#fair) {
      const turn = Atomics.load(words, BQL_SERVING);
      if (Atomics.compareExchange(words, BQL_NEXT, turn, (turn + 1) | 0) !== turn) return false;
    } else if (!tryLockWord(words, BQL_STATE)) return false;
    this.#taken();
    return true;
  }

  /** @throws QemuAbort if this thread does not hold it. QEMU: qemu_mutex_unlock_iothread. */
  unlock(): void {
    if (!this.#mine) {
      const { unlock, locked } = this.#names;
      throw new QemuAbort(`${unlock}: assertion failed: (${locked}())`);
    }
    if (TRACEABLE && this.#trace.active && this.#trace.on[T_UNLOCK] !== 0) {
      this.#trace.emit(T_UNLOCK, this.#id);
    }
    this.#mine = false;
    if (this.#fair) this.#endTurn();
    else if (this.#code.give(STATE_BYTE, OWNER_BYTE) === WANTED) {
      // Without it: explore bql --without wake
      this.#host.futexWake(this.#words, BQL_STATE, 1);
    }
  }

  #endTurn(): void {
    const words = this.#words;
    words[BQL_OWNER] = 0;
    const turn = (Atomics.add(words, BQL_SERVING, 1) + 1) | 0;
    // Without it: explore bql-fair --without state-changes
    Atomics.add(words, BQL_STATE, 1);
    // All are woken, since only one of them has this ticket.
    if (Atomics.load(words, BQL_NEXT) !== turn) this.#host.futexWake(words, BQL_STATE, MOST);
  }

  /**
   * Gives it back, sleeps until the condition is signalled, and takes it again. As with every
   * condition, the caller looks again whether it is true. Returns false if the time was over first.
   * @param timeoutNs -1 waits without limit
   * @throws QemuAbort if this thread does not hold it; HostError (EDEADLK) as lock does.
   *   QEMU: qemu_cond_wait_iothread, qemu_cond_timedwait_iothread.
   */
  condWait(cond: QemuCond, timeoutNs = -1): boolean {
    // Before the unlock: explore qemu_cond_wait --without seen-first
    const seen = cond.beginWait();
    let ret: number;
    try {
      this.unlock();
      ret = this.#host.futexWait(cond.words, cond.index, seen, timeoutNs);
    } finally {
      cond.endWait();
    }
    this.lock();
    if (ret !== -ETIMEDOUT) checkWait(ret, 'qemu_cond_wait_iothread');
    return ret !== -ETIMEDOUT;
  }

  /**
   * condWait while `condition` is true. It is evaluated with the BQL, but may be made false, and
   * signalled, by threads without it.
   * @throws as condWait
   */
  condWaitWhile(cond: QemuCond, condition: () => boolean): void {
    for (;;) {
      const seen = cond.beginWait();
      let ret = 0;
      try {
        if (!condition()) return;
        this.unlock();
        ret = this.#host.futexWait(cond.words, cond.index, seen, -1);
      } finally {
        cond.endWait();
      }
      this.lock();
      checkWait(ret, 'qemu_cond_wait_iothread');
    }
  }

  #taken(): void {
    this.#mine = true;
    this.#words[BQL_OWNER] = this.#id;
    if (this.#trace.on[T_LOCKED] !== 0) this.#trace.emit(T_LOCKED, this.#id);
  }

  /** STATE changes with each turn, so that nobody sleeps through one. */
  #waitForTurn(): void {
    const words = this.#words;
    const ticket = Atomics.add(words, BQL_NEXT, 1);
    for (;;) {
      const seen = Atomics.load(words, BQL_STATE);
      if (Atomics.load(words, BQL_SERVING) === ticket) break;
      if (!this.#served()) this.#sleep(seen);
    }
    words[BQL_OWNER] = this.#id;
    this.#throwServed();
  }
}
