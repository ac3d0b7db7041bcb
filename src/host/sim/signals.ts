/** The signals of the simulated process: masks, pending signals, delivery. */
import { isInt } from '../arguments.ts';
import * as C from '../constants.ts';
import { EBADF, EINVAL } from '../errno.ts';
import type { SigAction, SignalMaskToken } from '../host.ts';
import { type FdTable, type Watcher, wakeAll } from './file.ts';
import { inSet, isSignal, PendingSet, type SignalInfo, setOf, signalsOf } from './pending.ts';
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
  readonly #thread: Thread;
  readonly #toThread = new PendingSet();
  readonly #toProcess = new PendingSet();
  readonly #signalfds: SignalFd[] = [];
  /** The wait queue of all signalfds. */
  readonly #watchers: Watcher[] = [];
  #blockedLo = 0;
  #blockedHi = 0;

  constructor(thread: Thread) {
    this.#thread = thread;
  }

  /** Sends a signal to the thread, or to the process. */
  send(info: SignalInfo, toThread: boolean): void {
    const { signo } = info;
    if (stops(signo)) this.#flush(C.SIGCONT);
    if (signo === C.SIGCONT) for (const stop of STOP_SIGNALS) this.#flush(stop);
    // A blocked signal stays pending even if it is ignored: its disposition may change.
    if (!inSet(this.#blockedLo, this.#blockedHi, signo) && this.actions.ignores(signo)) return;
    const pending = toThread ? this.#toThread : this.#toProcess;
    if (signo < FIRST_QUEUED && pending.has(signo)) return;
    pending.add(info);
    this.#updateSignalfds();
    // Every signal wakes every signalfd, whether or not it is in its mask.
    wakeAll(this.#watchers, 0);
    if (!inSet(this.#blockedLo, this.#blockedHi, signo)) this.#deliver();
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
    const info = this.#toThread.take(lo, hi) ?? this.#toProcess.take(lo, hi);
    if (info !== null) this.#updateSignalfds();
    return info;
  }

  isPending(lo: number, hi: number): boolean {
    const { lo: tLo, hi: tHi } = this.#toThread;
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
    const newLo = lo & ~UNBLOCKABLE & ~this.#blockedLo;
    const newHi = hi & ~this.#blockedHi;
    this.#blockedLo |= newLo;
    this.#blockedHi |= newHi;
    return new MaskToken([...signals], newLo, newHi);
  }

  /** Unblocks the signals of the token, and delivers those that are pending. */
  restore(token: SignalMaskToken): number {
    if (!(token instanceof MaskToken)) return -EINVAL;
    this.#blockedLo &= ~token.lo;
    this.#blockedHi &= ~token.hi;
    token.lo = 0;
    token.hi = 0;
    this.#deliver();
    return 0;
  }

  blocked(): number[] {
    return signalsOf(this.#blockedLo, this.#blockedHi);
  }

  pending(): number[] {
    const lo = (this.#toThread.lo | this.#toProcess.lo) & this.#blockedLo;
    const hi = (this.#toThread.hi | this.#toProcess.hi) & this.#blockedHi;
    return signalsOf(lo, hi);
  }

  /**
   * Delivers pending signals that are not blocked, as on return from the kernel. Handlers do
   * nothing.
   */
  #deliver(): void {
    for (;;) {
      const info = this.take(~this.#blockedLo, ~this.#blockedHi);
      if (info === null) return;
      const { signo } = info;
      if (this.actions.ignores(signo)) continue;
      if (this.actions.handler(signo) === C.SIG_DFL) throw new SimFatalSignalError(signo);
      const flags = this.actions.flags(signo);
      this.#thread.interrupt((flags & C.SA_RESTART) !== 0);
      if ((flags & C.SA_RESETHAND) !== 0) this.actions.reset(signo);
    }
  }

  #flush(signo: number): void {
    if (!this.#toThread.has(signo) && !this.#toProcess.has(signo)) return;
    this.#toThread.flush(signo);
    this.#toProcess.flush(signo);
    this.#updateSignalfds();
  }

  #updateSignalfds(): void {
    for (const signalfd of this.#signalfds) signalfd.update();
  }
}

function areSignals(signals: readonly number[]): boolean {
  return Array.isArray(signals) && signals.every(isSignal);
}
