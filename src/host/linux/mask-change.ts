import { SA_RESTART, SA_SIGINFO } from '../constants.ts';
import { EAGAIN, ESRCH } from '../errno.ts';
import { newSigAction } from '../host.ts';
import { CodePage } from './machine/code-page.ts';
import { type Edit, maskCode } from './machine/mask-code.ts';
import type { LinuxSignals } from './signals.ts';
import { hasSignal, type SignalWords } from './sigset.ts';
import type { ThreadNow, Threads } from './threads.ts';

/**
 * How often to check that all threads have run the handler: at first about as fast as switching to
 * them takes, then, on a busy machine, rarely, for some seconds.
 */
export const LOOK_NS = 50e3;
export const QUICK_LOOKS = 1_000;
const LATE_LOOK_NS = 2e6;
const MOST_LOOKS = 4_000;

/**
 * The signal that glibc blocks, with all others, while it makes a thread; programs cannot block it.
 */
export const SIGCANCEL = 32;

/** The signals to edit by, for each thread. */
export type SignalsFor = (tid: number) => SignalWords;

/** One edit of all threads' masks, while it is under way. */
export class MaskChange {
  readonly #signals: LinuxSignals;
  readonly #threads: Threads;
  readonly #edit: Edit;
  readonly #signalsFor: SignalsFor;
  readonly #spare: number;
  readonly #agreed = new Set<number>();
  readonly #handlers: CodePage[] = [];
  /** The words that the installed handler edits by, and the threads signalled with it. */
  #installed: SignalWords | undefined;
  readonly #asked = new Set<number>();
  /** Whether the spare signal could not be sent because the user's queue is full. */
  queueFull = false;

  constructor(
    signals: LinuxSignals,
    threads: Threads,
    edit: Edit,
    signalsFor: SignalsFor,
    spare: number,
  ) {
    this.#signals = signals;
    this.#threads = threads;
    this.#edit = edit;
    this.#signalsFor = signalsFor;
    this.#spare = spare;
  }

  /**
   * Ends when every thread of a list was known to have the mask before that list was read. It is
   * not enough that all threads of a list have it when they are checked: one of them could have
   * made another after the list was read and before it was signalled.
   */
  settle(first: readonly ThreadNow[]): number {
    let now = first;
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      const open = now.filter(({ tid, mask }) => !agrees(this.#edit, mask, this.#signalsFor(tid)));
      for (const { tid } of now) this.#agreed.add(tid);
      for (const { tid } of open) this.#agreed.delete(tid);
      if (open.length !== 0) {
        // The spare signal would wait for the end of a passing mask. If the thread then has the
        // wanted one, it agrees although it is about to enter the handler, whose page is freed.
        const lasting = open.filter(({ mask }) => !isPassing(mask)).map(({ tid }) => tid);
        const ret = this.#ask(lasting, looks);
        if (ret < 0) return ret;
      }
      const fresh = this.#threads.list().filter((tid) => !this.#agreed.has(tid));
      if (fresh.length === 0) return 0;
      now = this.#threads.look(fresh);
    }
    return -EAGAIN;
  }

  /**
   * Signals the threads that need the installed edit and have not been signalled, or waits a little
   * if there are none. Threads that need another edit get its handler once those before have run
   * theirs. A thread that has ended (ESRCH) needs none.
   */
  #ask(open: readonly number[], looks: number): number {
    const [first] = open;
    if (first !== undefined && !open.some((tid) => same(this.#signalsFor(tid), this.#installed))) {
      const ret = this.#install(this.#signalsFor(first));
      if (ret < 0) return ret;
    }
    let sent = false;
    for (const tid of open) {
      if (this.#asked.has(tid) || !same(this.#signalsFor(tid), this.#installed)) continue;
      const ret = this.#signals.tgkill(this.#threads.pid, tid, this.#spare);
      if (ret === -ESRCH) continue;
      if (ret < 0) {
        this.queueFull = ret === -EAGAIN;
        return ret;
      }
      this.#asked.add(tid);
      sent = true;
    }
    if (!sent) this.#threads.pause(looks < QUICK_LOOKS ? LOOK_NS : LATE_LOOK_NS);
    return 0;
  }

  #install(words: SignalWords): number {
    const handler = CodePage.make(maskCode(this.#edit, words));
    if (typeof handler === 'number') return handler;
    this.#handlers.push(handler);
    this.#installed = words;
    this.#asked.clear();
    const act = { ...newSigAction(), handler: handler.address, flags: SA_SIGINFO | SA_RESTART };
    return this.#signals.sigaction(this.#spare, act, null);
  }

  /** Frees the code; no thread may be in it. */
  free(): void {
    for (const handler of this.#handlers) handler.free();
  }
}

function same(a: SignalWords, b: SignalWords | undefined): boolean {
  return a.lo === b?.lo && a.hi === b.hi;
}

/** Whether a thread is inside the C library, making a thread or a child: it will have another mask. */
export function isPassing(mask: SignalWords): boolean {
  return hasSignal(mask.lo, mask.hi, SIGCANCEL);
}

/** Whether a thread's mask is as wanted, and lasts. */
export function agrees(edit: Edit, mask: SignalWords, words: SignalWords): boolean {
  const lo = mask.lo & words.lo;
  const hi = mask.hi & words.hi;
  if (edit === 'unblock') return lo === 0 && hi === 0;
  return lo === words.lo && hi === words.hi && !isPassing(mask);
}
