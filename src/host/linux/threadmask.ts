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
import { EAGAIN, EINVAL } from '../errno.ts';
import { newSigAction, type SignalMaskToken } from '../host.ts';
import type { Edit } from './machine/mask-code.ts';
import {
  agrees,
  isPassing,
  LOOK_NS,
  MaskChange,
  QUICK_LOOKS,
  SIGCANCEL,
  type SignalsFor,
} from './mask-change.ts';
import type { LinuxSignals } from './signals.ts';
import { hasSignal, type SignalWords, signalWords } from './sigset.ts';
import { type ThreadNow, Threads } from './threads.ts';

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
    const before = this.#lasting(tids);
    const token = new LinuxMaskToken([...signals], wanted, before);
    const ret = this.#edit('block', before, () => wanted);
    if (ret === 0) return token;
    this.#unblock(token);
    return ret;
  }

  /**
   * The masks that these threads have for long: what they block while they make a thread or a child
   * says nothing of what they are to have again. Leaves out a thread that takes too long for that.
   */
  #lasting(tids: readonly number[]): ThreadNow[] {
    let found = this.#threads.look(tids);
    for (let looks = 0; looks < QUICK_LOOKS; looks++) {
      const passing = found.filter(({ mask }) => isPassing(mask)).map(({ tid }) => tid);
      if (passing.length === 0) return found;
      this.#threads.pause(LOOK_NS);
      found = [...found.filter(({ mask }) => !isPassing(mask)), ...this.#threads.look(passing)];
    }
    return found.filter(({ mask }) => !isPassing(mask));
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
   * own, and for one that is not known.
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
    const lasting = threads.filter(({ mask }) => !isPassing(mask));
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
