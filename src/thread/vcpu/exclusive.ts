/**
 * How a vCPU runs alone: it waits until all others have left their programs, and none begins meanwhile.
 * Those that sleep, or do work with the BQL, are not waited for.
 *
 * Invariants:
 *  E1. A vCPU that begins its program sets RUNNING, then reads PENDING. One that is to be alone sets
 *      PENDING, then reads all RUNNING. So at least one of the two sees the other. Without it: explore
 *      tcg-exclusive --without exec-mb, explore tcg-exclusive --without exclusive-mb
 *  E2. While PENDING is not 0 it is one more than the number of vCPUs that are still to leave, and these are
 *      the ones with HAS_WAITER. Both change with the mutex. Who leaves clears RUNNING, then reads
 *      PENDING. Without it: explore tcg-exclusive --without end-mb
 *  E3. A vCPU that was not seen to run waits until the section is over: explore tcg-exclusive --without idle
 */

import type { Host } from '../../host/host.ts';
import {
  CPU_LIST_MUTEX,
  EXCLUSIVE_COND,
  EXCLUSIVE_RESUME,
  PENDING_CPUS,
} from '../machine-words.ts';
import { checkWait, lockWord, unlockWord } from '../mutex-word.ts';
import type { ExclusiveTrace } from './exclusive-trace.ts';
import { HAS_WAITER, ROW_WORDS, RUNNING } from './vcpu-rows.ts';

/** More waiters than there can be. */
const ALL = 0x7fffffff;

/** All that a vCPU's thread has to do with the others. */
export interface ExclusiveParts {
  readonly host: Host;
  /** Those of the machine. */
  readonly words: Int32Array;
  /** Those of all vCPUs, which end there. */
  readonly rows: Int32Array;
  readonly rowsEnd: number;
  /** The place of this one's row. */
  readonly own: number;
  /** Tells its waits; null for nobody. */
  readonly trace: ExclusiveTrace | null;
  /** Has the vCPU of a row leave its program. */
  readonly kick: (at: number) => void;
}

/** The sections of one vCPU, for its own thread. */
export class Exclusive {
  readonly #host: Host;
  readonly #words: Int32Array;
  readonly #rows: Int32Array;
  readonly #rowsEnd: number;
  readonly #own: number;
  readonly #trace: ExclusiveTrace | null;
  readonly #kick: (at: number) => void;
  #inProgram = false;
  #alone = false;

  constructor({ host, words, rows, rowsEnd, own, trace, kick }: ExclusiveParts) {
    this.#host = host;
    this.#words = words;
    this.#rows = rows;
    this.#rowsEnd = rowsEnd;
    this.#own = own;
    this.#trace = trace;
    this.#kick = kick;
  }

  /** QEMU: cpu->in_exclusive_context. */
  get isAlone(): boolean {
    return this.#alone;
  }

  /** The program begins, once no other vCPU is to be alone. QEMU: cpu_exec_start. */
  execStart(): void {
    const rows = this.#rows;
    const running = this.#own + RUNNING;
    this.#inProgram = true;
    Atomics.store(rows, running, 1);
    if (Atomics.load(this.#words, PENDING_CPUS) === 0) return;
    this.#lock('cpu_exec_start');
    // If it is counted, the other one waits until it leaves.
    if (Atomics.load(rows, this.#own + HAS_WAITER) === 0) {
      Atomics.store(rows, running, 0);
      this.#trace?.waitsToBegin();
      this.#idle();
      this.#trace?.begins();
      Atomics.store(rows, running, 1);
    }
    this.#unlock();
  }

  /** The program is left. QEMU: cpu_exec_end. */
  execEnd(): void {
    const words = this.#words;
    const rows = this.#rows;
    this.#inProgram = false;
    Atomics.store(rows, this.#own + RUNNING, 0);
    if (Atomics.load(words, PENDING_CPUS) === 0) return;
    this.#lock('cpu_exec_end');
    if (Atomics.load(rows, this.#own + HAS_WAITER) !== 0) {
      Atomics.store(rows, this.#own + HAS_WAITER, 0);
      this.#trace?.hasLeft();
      if (Atomics.sub(words, PENDING_CPUS, 1) === 2) this.#wake(EXCLUSIVE_COND);
    }
    this.#unlock();
  }

  /** Waits until it is alone. QEMU: start_exclusive. */
  start(): void {
    const words = this.#words;
    // It would wait for itself.
    const inProgram = this.#inProgram;
    if (inProgram) this.execEnd();
    this.#inProgram = inProgram;
    this.#lock('start_exclusive');
    this.#trace?.asks();
    this.#idle();
    this.#trace?.isNext();
    Atomics.store(words, PENDING_CPUS, 1);
    let others = 0;
    for (let at = 0; at < this.#rowsEnd; at += ROW_WORDS) {
      if (Atomics.load(this.#rows, at + RUNNING) === 0) continue;
      Atomics.store(this.#rows, at + HAS_WAITER, 1);
      others++;
      this.#trace?.waitsFor(at);
      this.#kick(at);
    }
    Atomics.store(words, PENDING_CPUS, others + 1);
    while (Atomics.load(words, PENDING_CPUS) > 1) this.#wait(EXCLUSIVE_COND);
    this.#trace?.isAlone();
    this.#unlock();
    this.#alone = true;
  }

  /** The others go on. QEMU: end_exclusive. */
  end(): void {
    this.#alone = false;
    this.#lock('end_exclusive');
    this.#trace?.ends();
    Atomics.store(this.#words, PENDING_CPUS, 0);
    this.#wake(EXCLUSIVE_RESUME);
    this.#unlock();
    if (this.#inProgram) this.execStart();
  }

  /** The thread ends, or its program has thrown: nobody is to wait for it. */
  leave(): void {
    const inProgram = this.#inProgram;
    this.#inProgram = false;
    if (this.#alone) this.end();
    else if (inProgram) this.execEnd();
  }

  /** Waits, with the mutex, until nobody is alone or is to be. QEMU: exclusive_idle. */
  #idle(): void {
    while (Atomics.load(this.#words, PENDING_CPUS) !== 0) this.#wait(EXCLUSIVE_RESUME);
  }

  #lock(what: string): void {
    lockWord(this.#words, CPU_LIST_MUTEX, this.#host, what);
  }

  #unlock(): void {
    unlockWord(this.#words, CPU_LIST_MUTEX, this.#host);
  }

  /** Gives the mutex back while it sleeps. */
  #wait(condition: number): void {
    const words = this.#words;
    const seen = Atomics.load(words, condition);
    this.#unlock();
    const ret = this.#host.futexWait(words, condition, seen, -1);
    this.#lock('start_exclusive');
    checkWait(ret, 'start_exclusive');
  }

  #wake(condition: number): void {
    Atomics.add(this.#words, condition, 1);
    this.#host.futexWake(this.#words, condition, ALL);
  }
}
