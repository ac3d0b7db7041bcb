import type { Host } from '../host/host.ts';
import {
  BQL_STATE,
  LEND_ARGUMENT,
  LEND_KIND,
  LEND_RESULT,
  LEND_STATE,
  PAUSE_COND,
  WORK_COND,
} from './machine-words.ts';
import { checkWait } from './mutex-word.ts';
import { QemuCond } from './qemu-cond.ts';

/** The states of the one call that a machine has. */
const NONE = 0;
const FILLED = 1;
const ASKED = 2;
const SERVED = 3;
const ANSWERED = 4;

/** More threads than there can be. */
const ALL = 0x7fffffff;

/** aio_poll of main's context: the argument says whether it may sleep, the result is aio_poll's. */
export const POLL_MAIN = 1;
/** Enters a coroutine of main's: the argument is its number. */
export const ENTER_CO = 2;

/** Does what a call asks for, in main. Returns its result. */
export type Serve = (kind: number, argument: number) => number;

/**
 * How a thread that holds the BQL has main's callbacks called: they are functions of main's thread, so
 * main calls them, while it waits for the BQL. The caller lends it the BQL meanwhile: nobody else can
 * take it in between. In QEMU the caller calls them itself.
 *
 * Main waits for the BQL in main_loop_wait, or for a condition of the machine; if it sleeps in its
 * poll, it is woken.
 */
export class Lender {
  readonly #words: Int32Array;
  readonly #host: Host;
  readonly #wakeMain: () => void;
  readonly #conds: readonly QemuCond[];

  /** @param wakeMain ends the sleep of main's poll */
  constructor(words: Int32Array, host: Host, wakeMain: () => void) {
    this.#words = words;
    this.#host = host;
    this.#wakeMain = wakeMain;
    this.#conds = [WORK_COND, PAUSE_COND].map(
      (at) => new QemuCond(host, { words: words.subarray(at) }),
    );
  }

  /**
   * Has main make a call, and blocks until it is made. This thread holds the BQL.
   * @throws Error if main is in such a call already, or if what it calls throws
   */
  ask(kind: number, argument: number): number {
    const words = this.#words;
    if (Atomics.compareExchange(words, LEND_STATE, NONE, FILLED) !== NONE) {
      throw new Error("main's context is polled for another thread already");
    }
    words[LEND_KIND] = kind;
    words[LEND_ARGUMENT] = argument;
    Atomics.store(words, LEND_STATE, ASKED);
    this.#wake();
    for (;;) {
      const state = Atomics.load(words, LEND_STATE);
      if (state === ANSWERED) break;
      checkWait(this.#host.futexWait(words, LEND_STATE, state, -1), 'aio_poll');
    }
    const result = words[LEND_RESULT]!;
    Atomics.store(words, LEND_STATE, NONE);
    if (result < 0)
      throw new Error("a callback of main's context failed, while it ran for another thread");
    return result;
  }

  /** Ends main's sleep, wherever it waits. */
  #wake(): void {
    const words = this.#words;
    // The value changes, so that main does not begin to sleep on the old one. This thread holds the
    // lock, and all that are woken say again that they wait for it.
    Atomics.add(words, BQL_STATE, 1);
    this.#host.futexWake(words, BQL_STATE, ALL);
    for (const cond of this.#conds) cond.broadcast();
    this.#wakeMain();
  }

  /** Whether another thread asks for a call. */
  get asked(): boolean {
    return Atomics.load(this.#words, LEND_STATE) === ASKED;
  }

  /** Makes the call. Returns the error that it threw, or null. */
  serve(act: Serve): unknown {
    const words = this.#words;
    Atomics.store(words, LEND_STATE, SERVED);
    let failure: unknown = null;
    try {
      words[LEND_RESULT] = act(words[LEND_KIND]!, words[LEND_ARGUMENT]!);
    } catch (error) {
      failure = error;
      words[LEND_RESULT] = -1;
    }
    Atomics.store(words, LEND_STATE, ANSWERED);
    this.#host.futexWake(words, LEND_STATE, ALL);
    return failure;
  }
}
