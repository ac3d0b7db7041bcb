/** sigset_t: bit n - 1 is signal n. The C library's has 128 bytes, the kernel uses the first 8. */

import { NSIG, SIGKILL, SIGRTMAX, SIGRTMIN, SIGSTOP } from '../constants.ts';
import { EINVAL } from '../errno.ts';

/** Bytes of the C library's sigset_t. */
export const SIGSET_BYTES = 128;

/** Two words: signals 1 to 32, 33 to 64. */
export interface SignalWords {
  readonly lo: number;
  readonly hi: number;
}

/** The set of the given signals, or -EINVAL if one is not a signal. */
export function signalWords(signals: readonly number[]): SignalWords | number {
  if (!Array.isArray(signals)) return -EINVAL;
  let lo = 0;
  let hi = 0;
  for (const signo of signals) {
    if (!Number.isInteger(signo) || signo < 1 || signo > NSIG) return -EINVAL;
    if (signo <= 32) lo |= 1 << (signo - 1);
    else hi |= 1 << (signo - 33);
  }
  return { lo, hi };
}

/** Whether a set contains a signal. */
export function hasSignal(lo: number, hi: number, signo: number): boolean {
  return signo <= 32 ? (lo & (1 << (signo - 1))) !== 0 : (hi & (1 << (signo - 33))) !== 0;
}

/** The signals of a set, ascending. */
export function signalsOf(lo: number, hi: number): number[] {
  const signals: number[] = [];
  for (let signo = 1; signo <= NSIG; signo++) if (hasSignal(lo, hi, signo)) signals.push(signo);
  return signals;
}

/** Whether a handler can be set for it: it exists, is not the C library's own, nor SIGKILL or SIGSTOP. */
export function canBeCaught(signo: number): boolean {
  if (signo === SIGKILL || signo === SIGSTOP) return false;
  return (
    Number.isInteger(signo) && signo > 0 && (signo < 32 || (signo >= SIGRTMIN && signo <= SIGRTMAX))
  );
}
