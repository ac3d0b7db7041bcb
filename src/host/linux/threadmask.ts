/**
 * The signal mask of every thread of this process.
 *
 * Node's own threads (V8's workers, libuv's pool) leave signals unblocked, and one of them would
 * take, and drop, the signals that a signalfd waits for. Only a thread itself can change its mask,
 * and no JavaScript runs in those threads. Each is therefore sent a spare real-time signal, whose
 * handler edits the mask that it will return to (mask-code.ts). The result is read from /proc,
 * since nothing else tells when a handler has returned.
 */

import {
  SA_RESTART,
  SA_SIGINFO,
  SIG_DFL,
  SIG_IGN,
  SIGKILL,
  SIGRTMAX,
  SIGRTMIN,
  SIGSTKFLT,
  SIGSTOP,
  SIGTTIN,
  SIGTTOU,
} from '../constants.ts';
import { EAGAIN, EINVAL, ESRCH } from '../errno.ts';
import { newSigAction, type SignalMaskToken } from '../host.ts';
import { CodePage } from './machine/code-page.ts';
import { type Edit, maskCode } from './machine/mask-code.ts';
import type { LinuxSignals } from './signals.ts';
import { hasSignal, type SignalWords, signalWords } from './sigset.ts';
import { type ThreadNow, Threads } from './threads.ts';

/**
 * How often to check that all threads have run the handler: at first about as fast as switching to
 * them takes, then, on a busy machine, rarely, for some seconds.
 */
const LOOK_NS = 50e3;
const QUICK_LOOKS = 1_000;
const LATE_LOOK_NS = 2e6;
const MOST_LOOKS = 4_000;

/**
 * The signal that glibc blocks, with all others, while it makes a thread; programs cannot block it.
 */
const SIGCANCEL = 32;

/** Silently left out of every mask, as in pthread_sigmask: the kernel's own two, and glibc's. */
const UNBLOCKABLE: readonly number[] = [SIGKILL, SIGSTOP, SIGCANCEL, SIGCANCEL + 1];

/** Spare signals, the best first: real-time ones, which few programs use. */
const REALTIME: readonly number[] = Array.from(
  { length: SIGRTMAX - SIGRTMIN + 1 },
  (_, i) => SIGRTMAX - i,
);
/**
 * For when the user's signal queue is full: a standard signal needs no place in it. Nobody sends
 * these.
 */
const STANDARD: readonly number[] = [SIGSTKFLT, SIGTTOU, SIGTTIN];

const NONE: SignalWords = { lo: 0, hi: 0 };

type SignalsFor = (tid: number) => SignalWords;

/** The changes that blockSignals made. */
class LinuxMaskToken implements SignalMaskToken {
  readonly signals: readonly number[];
  readonly words: SignalWords;
  /** The signals that each thread blocked before, by tid. */
  readonly before: ReadonlyMap<number, SignalWords>;
  restored = false;

  constructor(signals: readonly number[], words: SignalWords, before: readonly ThreadNow[]) {
    this.signals = signals;
    this.words = words;
    this.before = new Map(before.map(({ tid, mask }) => [tid, mask]));
  }
}

export class ThreadMask {
  readonly #signals: LinuxSignals;
  readonly #threads: Threads;

  constructor(signals: LinuxSignals, pid: number) {
    this.#signals = signals;
    this.#threads = new Threads(pid);
  }

  /** Host.blockSignals. */
  block(signals: readonly number[]): SignalMaskToken | number {
    if (!Array.isArray(signals)) return -EINVAL;
    const wanted = signalWords(signals.filter((signo) => !UNBLOCKABLE.includes(signo)));
    if (typeof wanted === 'number') return wanted;
    // musl keeps 34, and hides it in masks.
    const asked = newSigAction();
    for (const signo of signals) {
      const ret = this.#signals.sigaction(signo, null, asked);
      if (ret < 0) return ret;
    }
    const tids = this.#threads.tryList();
    if (typeof tids === 'number') return tids;
    const before = this.#threads.look(tids);
    const token = new LinuxMaskToken([...signals], wanted, before);
    const ret = this.#edit('block', before, () => wanted);
    if (ret === 0) return token;
    this.#unblock(token);
    return ret;
  }

  /** Host.restoreSignalMask. */
  restore(token: SignalMaskToken): number {
    if (!(token instanceof LinuxMaskToken)) return -EINVAL;
    if (token.restored) return 0;
    const ret = this.#unblock(token);
    if (ret === 0) {
      token.restored = true;
    } else {
      // A process in which only some threads block signals would lose them.
      this.#edit('block', this.#threads.look(this.#threads.list()), () => token.words);
    }
    return ret;
  }

  /**
   * A thread born since then inherited the block; the main thread's former mask stands in for its
   * own.
   */
  #unblock({ words, before }: LinuxMaskToken): number {
    const main = before.get(this.#threads.pid) ?? NONE;
    return this.#edit('unblock', this.#threads.look(this.#threads.list()), (tid) => {
      const had = before.get(tid) ?? main;
      return { lo: words.lo & ~had.lo, hi: words.hi & ~had.hi };
    });
  }

  /** Edits each thread's mask by the signals given for it, and waits until all threads have it. */
  #edit(edit: Edit, now: readonly ThreadNow[], signalsFor: SignalsFor): number {
    const open = now.filter(({ tid, mask }) => !agrees(edit, mask, signalsFor(tid)));
    const main = now.filter(({ tid }) => tid === this.#threads.pid);
    const toBlock = edit === 'block' ? signalsFor(0) : NONE;
    const by = (signals: readonly number[]): MaskChange | number => {
      const spare = this.#spareSignal(signals, [...main, ...open], toBlock);
      if (spare < 0) return spare;
      const change = new MaskChange(this.#signals, this.#threads, edit, signalsFor, spare);
      const ret = this.#settle(change, spare, now);
      return change.queueFull ? change : ret;
    };
    const ret = by(REALTIME);
    if (typeof ret === 'number') return ret;
    const again = by(STANDARD);
    return typeof again === 'number' ? again : -EAGAIN;
  }

  #settle(change: MaskChange, spare: number, now: readonly ThreadNow[]): number {
    const old = newSigAction();
    this.#signals.sigaction(spare, null, old);
    const ret = change.settle(now);
    // Ignoring the signal drops it if it is still pending for a stuck thread: its default action
    // would kill us.
    this.#signals.sigaction(spare, { ...newSigAction(), handler: SIG_IGN }, null);
    this.#signals.sigaction(spare, old, null);
    // A stuck thread may still be in the code, so the page then stays.
    if (ret === 0) change.free();
    return ret;
  }

  /**
   * A signal that nobody handles and no thread blocks, or will block then: it is needed again to
   * unblock. -EAGAIN if there is none; another -errno if it cannot be found out.
   */
  #spareSignal(
    signals: readonly number[],
    threads: readonly ThreadNow[],
    toBlock: SignalWords,
  ): number {
    const act = newSigAction();
    let failed = -EAGAIN;
    // A thread that is making a thread or a child blocks all signals, and will restore another
    // mask.
    const lasting = threads.filter(({ mask }) => !hasSignal(mask.lo, mask.hi, SIGCANCEL));
    for (const signo of signals) {
      if (hasSignal(toBlock.lo, toBlock.hi, signo)) continue;
      const ret = this.#signals.sigaction(signo, null, act);
      if (ret < 0) failed = ret;
      if (ret < 0 || act.handler !== SIG_DFL) continue;
      if (!lasting.some(({ mask }) => hasSignal(mask.lo, mask.hi, signo))) return signo;
    }
    return failed;
  }
}

/** One edit of all threads' masks, while it is under way. */
class MaskChange {
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
        const ret = this.#ask(
          open.map(({ tid }) => tid),
          looks,
        );
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
    if (!open.some((tid) => same(this.#signalsFor(tid), this.#installed))) {
      const ret = this.#install(this.#signalsFor(open[0]!));
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

/**
 * Whether a thread's mask is as wanted. A thread that blocks SIGCANCEL is inside the C library (it
 * makes a thread, or is being made), which will restore another mask.
 */
function agrees(edit: Edit, mask: SignalWords, words: SignalWords): boolean {
  const lo = mask.lo & words.lo;
  const hi = mask.hi & words.hi;
  if (edit === 'unblock') return lo === 0 && hi === 0;
  return lo === words.lo && hi === words.hi && !hasSignal(mask.lo, mask.hi, SIGCANCEL);
}
