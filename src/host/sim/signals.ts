/** The signals of the simulated process: masks, pending signals, delivery. */
import { isInt } from '../arguments.ts';
import * as C from '../constants.ts';
import { EBADF, EINVAL } from '../errno.ts';
import type { SigAction, SignalMaskToken } from '../host.ts';
import { type FdTable, type Watcher, wakeAll } from './file.ts';
import { inSet, isSignal, PendingSet, type SignalInfo, setOf, signalsOf } from './pending.ts';
import type { Scheduler } from './scheduler.ts';
import { ActionTable, STOP_SIGNALS, stops, UNBLOCKABLE } from './signal-actions.ts';
import { SignalFd, type SignalSource } from './signalfd.ts';
import type { Thread } from './thread.ts';

/** Signals below this one coalesce (the kernel's SIGRTMIN, not glibc's). */
const FIRST_QUEUED = 32;

/** Thrown if a signal's default action would end, or stop, the simulated process itself. */
export class SimFatalSignalError extends Error {
  override readonly name = 'SimFatalSignalError';
  readonly signo: number;
  constructor(signo: number) {
    super(
      `signal ${signo} is neither blocked, handled nor ignored: ` +
        `its default action would ${stops(signo) ? 'stop' : 'kill'} the simulated process`,
    );
    this.signo = signo;
  }
}

class MaskToken implements SignalMaskToken {
  readonly signals: readonly number[];
  /** The signals that this blockSignals call blocked, without those that were blocked before. */
  lo: number;
  hi: number;
  constructor(signals: readonly number[], lo: number, hi: number) {
    this.signals = signals;
    this.lo = lo;
    this.hi = hi;
  }
}

export class Signals implements SignalSource {
  readonly actions = new ActionTable();
  readonly #threads: Scheduler;
  readonly #toProcess = new PendingSet();
  readonly #signalfds: SignalFd[] = [];
  /** The wait queue of all signalfds. */
  readonly #watchers: Watcher[] = [];

  constructor(threads: Scheduler) {
    this.#threads = threads;
  }

  /** Sends a signal to a thread, or to the process, where any thread may take it. */
  send(info: SignalInfo, to: Thread | null): void {
    const { signo } = info;
    if (stops(signo)) this.#flush(C.SIGCONT);
    if (signo === C.SIGCONT) for (const stop of STOP_SIGNALS) this.#flush(stop);
    // A blocked signal stays pending even if it is ignored: its disposition may change. The main
    // thread's mask decides for the process.
    if (!isBlocked(to ?? this.#threads.main, signo) && this.actions.ignores(signo)) return;
    const pending = to === null ? this.#toProcess : to.pending;
    if (signo < FIRST_QUEUED && pending.has(signo)) return;
    pending.add(info);
    this.#updateSignalfds();
    // Every signal wakes every signalfd, whether or not it is in its mask.
    wakeAll(this.#watchers, 0);
    const taker = to ?? this.#taker(signo);
    if (!isBlocked(taker, signo)) this.#deliver(taker);
  }

  /** The thread that takes a signal of the process: main if it can. */
  #taker(signo: number): Thread {
    const { main, threads } = this.#threads;
    return threads.find((thread) => !isBlocked(thread, signo)) ?? main;
  }

  /** Another thread was made, or has ended: readiness now depends on the thread that asks. */
  threadsChanged(): void {
    this.#updateSignalfds();
  }

  /** Whether the kernel reaps children by itself when they end. */
  reapsByItself(): boolean {
    return (
      this.actions.handler(C.SIGCHLD) === C.SIG_IGN ||
      (this.actions.flags(C.SIGCHLD) & C.SA_NOCLDWAIT) !== 0
    );
  }

  /** Takes a signal pending for the thread first, then one for the process. */
  take(lo: number, hi: number): SignalInfo | null {
    return this.#take(this.#threads.current, lo, hi);
  }

  #take(thread: Thread, lo: number, hi: number): SignalInfo | null {
    const info = thread.pending.take(lo, hi) ?? this.#toProcess.take(lo, hi);
    if (info !== null) this.#updateSignalfds();
    return info;
  }

  /** Whether every thread finds the same signals pending, so that readiness can be kept. */
  get isOfProcess(): boolean {
    return !this.#threads.several;
  }

  isPending(lo: number, hi: number): boolean {
    const { lo: tLo, hi: tHi } = this.#threads.current.pending;
    const { lo: pLo, hi: pHi } = this.#toProcess;
    return ((tLo | pLo) & lo) !== 0 || ((tHi | pHi) & hi) !== 0;
  }

  sigaction(signo: number, act: SigAction | null, old: SigAction | null): number {
    const result = this.actions.sigaction(signo, act, old);
    if (result === 0 && act !== null && this.actions.ignores(signo)) this.#flush(signo);
    return result;
  }

  signalfd(fds: FdTable, fd: number, signals: readonly number[], flags: number): number {
    if (!isInt(fd)) return -EBADF;
    if (!isInt(flags) || !areSignals(signals)) return -EINVAL;
    const { lo, hi } = setOf(signals);
    if ((flags & ~(C.O_NONBLOCK | C.O_CLOEXEC)) !== 0) return -EINVAL;
    if (fd === -1) {
      const made = new SignalFd(this, flags, this.#watchers);
      made.setMask(lo & ~UNBLOCKABLE, hi);
      this.#signalfds.push(made);
      return fds.install(made.file, (flags & C.O_CLOEXEC) !== 0);
    }
    const file = fds.get(fd);
    if (file === undefined) return -EBADF;
    if (!(file.node instanceof SignalFd)) return -EINVAL;
    file.node.setMask(lo & ~UNBLOCKABLE, hi);
    wakeAll(this.#watchers, 0);
    return fd;
  }

  signalfdReleased(signalfd: SignalFd): void {
    this.#signalfds.splice(this.#signalfds.indexOf(signalfd), 1);
  }

  block(signals: readonly number[]): SignalMaskToken | number {
    if (!areSignals(signals)) return -EINVAL;
    const { lo, hi } = setOf(signals);
    const { main, threads } = this.#threads;
    const newLo = lo & ~UNBLOCKABLE & ~main.blockedLo;
    const newHi = hi & ~main.blockedHi;
    for (const thread of threads) {
      thread.blockedLo |= lo & ~UNBLOCKABLE;
      thread.blockedHi |= hi;
    }
    return new MaskToken([...signals], newLo, newHi);
  }

  /** Unblocks the signals of the token, and delivers those that are pending. */
  restore(token: SignalMaskToken): number {
    if (!(token instanceof MaskToken)) return -EINVAL;
    const { lo, hi } = token;
    token.lo = 0;
    token.hi = 0;
    for (const thread of this.#threads.threads) {
      thread.blockedLo &= ~lo;
      thread.blockedHi &= ~hi;
    }
    for (const thread of [...this.#threads.threads]) this.#deliver(thread);
    return 0;
  }

  blocked(): number[] {
    const { blockedLo, blockedHi } = this.#threads.current;
    return signalsOf(blockedLo, blockedHi);
  }

  pending(): number[] {
    const { pending, blockedLo, blockedHi } = this.#threads.current;
    const lo = (pending.lo | this.#toProcess.lo) & blockedLo;
    const hi = (pending.hi | this.#toProcess.hi) & blockedHi;
    return signalsOf(lo, hi);
  }

  /**
   * Delivers to a thread the pending signals that it does not block, as on return from the kernel.
   * Handlers do nothing.
   */
  #deliver(thread: Thread): void {
    for (;;) {
      const info = this.#take(thread, ~thread.blockedLo, ~thread.blockedHi);
      if (info === null) return;
      const { signo } = info;
      if (this.actions.ignores(signo)) continue;
      if (this.actions.handler(signo) === C.SIG_DFL) throw new SimFatalSignalError(signo);
      const flags = this.actions.flags(signo);
      thread.interrupt((flags & C.SA_RESTART) !== 0);
      if ((flags & C.SA_RESETHAND) !== 0) this.actions.reset(signo);
    }
  }

  #flush(signo: number): void {
    const sets = [this.#toProcess, ...this.#threads.threads.map(({ pending }) => pending)];
    const found = sets.filter((set) => set.has(signo));
    for (const set of found) set.flush(signo);
    if (found.length > 0) this.#updateSignalfds();
  }

  #updateSignalfds(): void {
    for (const signalfd of this.#signalfds) signalfd.update();
  }
}

function isBlocked(thread: Thread, signo: number): boolean {
  return inSet(thread.blockedLo, thread.blockedHi, signo);
}

function areSignals(signals: readonly number[]): boolean {
  return Array.isArray(signals) && signals.every(isSignal);
}
