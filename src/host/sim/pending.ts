/** Sets of signals, siginfo, and pending signals. */
import { NSIG, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP } from '../constants.ts';

/** The data that comes with a signal. */
export class SignalInfo {
  readonly signo: number;
  readonly code: number;
  readonly pid: number;
  readonly uid: number;
  /** SIGCHLD: exit status or signal. */
  status = 0;
  /** SIGCHLD: the child's times, in clock ticks of 10 ms. */
  utimeTicks = 0;
  stimeTicks = 0;
  /** The value given to sigqueue. */
  value = 0;
  /** The next of the same signal in a queue. */
  next: SignalInfo | null = null;

  constructor(signo: number, code: number, pid: number, uid: number) {
    this.signo = signo;
    this.code = code;
    this.pid = pid;
    this.uid = uid;
  }
}

/** The bit of a signal in its word of a set; the low word holds signals 1 to 32. */
export function bit(signo: number): number {
  return 1 << ((signo - 1) & 31);
}

export function inSet(lo: number, hi: number, signo: number): boolean {
  return ((signo <= 32 ? lo : hi) & bit(signo)) !== 0;
}

export function setOf(signals: readonly number[]): { lo: number; hi: number } {
  let lo = 0;
  let hi = 0;
  for (const signo of signals) {
    if (signo <= 32) lo |= bit(signo);
    else hi |= bit(signo);
  }
  return { lo, hi };
}

/** Ascending. */
export function signalsOf(lo: number, hi: number): number[] {
  const signals: number[] = [];
  for (let signo = 1; signo <= NSIG; signo++) if (inSet(lo, hi, signo)) signals.push(signo);
  return signals;
}

export function isSignal(signo: number): boolean {
  return Number.isInteger(signo) && signo >= 1 && signo <= NSIG;
}

/** The signals that a fault of the thread raises; they are taken before all others. */
const SYNCHRONOUS =
  bit(SIGSEGV) | bit(SIGBUS) | bit(SIGILL) | bit(SIGTRAP) | bit(SIGFPE) | bit(SIGSYS);

/** The signals pending for a thread, or for a process. */
export class PendingSet {
  lo = 0;
  hi = 0;
  readonly #first: (SignalInfo | null)[] = new Array(NSIG + 1).fill(null);
  readonly #last: (SignalInfo | null)[] = new Array(NSIG + 1).fill(null);

  has(signo: number): boolean {
    return inSet(this.lo, this.hi, signo);
  }

  add(info: SignalInfo): void {
    const { signo } = info;
    const last = this.#last[signo]!;
    if (last === null) this.#first[signo] = info;
    else last.next = info;
    this.#last[signo] = info;
    if (signo <= 32) this.lo |= bit(signo);
    else this.hi |= bit(signo);
  }

  /** Takes the next signal of the set: synchronous ones first, then the lowest number. */
  take(lo: number, hi: number): SignalInfo | null {
    let word = this.lo & lo;
    let base = 0;
    if ((word & SYNCHRONOUS) !== 0) word &= SYNCHRONOUS;
    if (word === 0) {
      word = this.hi & hi;
      base = 32;
    }
    if (word === 0) return null;
    const signo = base + 32 - Math.clz32(word & -word);
    const info = this.#first[signo]!;
    this.#first[signo] = info.next;
    if (info.next === null) {
      this.#last[signo] = null;
      this.#clear(signo);
    }
    info.next = null;
    return info;
  }

  /** Drops all pending instances of one signal. */
  flush(signo: number): void {
    this.#first[signo] = null;
    this.#last[signo] = null;
    this.#clear(signo);
  }

  #clear(signo: number): void {
    if (signo <= 32) this.lo &= ~bit(signo);
    else this.hi &= ~bit(signo);
  }
}
