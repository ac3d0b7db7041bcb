/** The default actions of signals, and the table that sigaction(2) changes. */
import { isRecord, takeAction } from '../arguments.ts';
import * as C from '../constants.ts';
import { EFAULT, EINVAL } from '../errno.ts';
import type { SigAction } from '../host.ts';
import { bit, isSignal } from './pending.ts';

/** Any address except SIG_DFL and SIG_IGN: functions are not run here. */
export const HANDLER_ADDRESS = 0x1000;
const HANDLERS = [C.SIG_DFL, C.SIG_IGN, HANDLER_ADDRESS];

/** Signals that glibc keeps for its threads; sigaction(3) refuses them. */
const LIBC_SIGNALS: readonly number[] = [32, 33];
const IGNORED_BY_DEFAULT = bit(C.SIGCHLD) | bit(C.SIGCONT) | bit(C.SIGURG) | bit(C.SIGWINCH);
const STOPS = bit(C.SIGSTOP) | bit(C.SIGTSTP) | bit(C.SIGTTIN) | bit(C.SIGTTOU);
export const UNBLOCKABLE = bit(C.SIGKILL) | bit(C.SIGSTOP);
export const STOP_SIGNALS = [C.SIGSTOP, C.SIGTSTP, C.SIGTTIN, C.SIGTTOU];

/** The SA_ flags that the kernel knows, and therefore keeps. */
const KNOWN_FLAGS =
  C.SA_NOCLDSTOP |
  C.SA_NOCLDWAIT |
  C.SA_SIGINFO |
  C.SA_RESTART |
  C.SA_NODEFER |
  C.SA_RESETHAND |
  0x08000000 | // SA_ONSTACK
  0x800; // SA_EXPOSE_TAGBITS

export function ignoredByDefault(signo: number): boolean {
  return signo <= 32 && (IGNORED_BY_DEFAULT & bit(signo)) !== 0;
}

export function stops(signo: number): boolean {
  return signo <= 32 && (STOPS & bit(signo)) !== 0;
}

/** The dispositions of a process. */
export class ActionTable {
  readonly #handler = new Float64Array(C.NSIG + 1);
  readonly #flags = new Uint32Array(C.NSIG + 1);
  readonly #maskLo = new Int32Array(C.NSIG + 1);
  readonly #maskHi = new Int32Array(C.NSIG + 1);

  /** The state of a Node process at its start: all default, except these two. */
  constructor() {
    this.#handler[C.SIGPIPE] = C.SIG_IGN;
    this.#handler[C.SIGXFSZ] = C.SIG_IGN;
  }

  handler(signo: number): number {
    return this.#handler[signo]!;
  }

  flags(signo: number): number {
    return this.#flags[signo]!;
  }

  /** Whether a signal is ignored, by disposition or by default. */
  ignores(signo: number): boolean {
    const handler = this.#handler[signo]!;
    return handler === C.SIG_IGN || (handler === C.SIG_DFL && ignoredByDefault(signo));
  }

  /** SA_RESETHAND: the handler was called. */
  reset(signo: number): void {
    this.#handler[signo] = C.SIG_DFL;
  }

  sigaction(signo: number, act: SigAction | null, old: SigAction | null): number {
    if (!isSignal(signo)) return -EINVAL;
    if (old !== null && !isRecord(old)) return -EFAULT;
    const taken = act === null ? null : takeAction(act);
    if (act !== null && (taken === null || !HANDLERS.includes(taken.handler))) return -EINVAL;
    if (LIBC_SIGNALS.includes(signo)) return -EINVAL;
    if (act !== null && (signo === C.SIGKILL || signo === C.SIGSTOP)) return -EINVAL;
    if (old !== null) {
      old.handler = this.#handler[signo]!;
      old.flags = this.#flags[signo]!;
      old.maskLo = this.#maskLo[signo]!;
      old.maskHi = this.#maskHi[signo]!;
    }
    if (taken !== null) {
      const { handler, flags, maskLo, maskHi } = taken;
      this.#handler[signo] = handler;
      this.#flags[signo] = flags & KNOWN_FLAGS;
      this.#maskLo[signo] = maskLo & ~UNBLOCKABLE;
      this.#maskHi[signo] = maskHi;
    }
    return 0;
  }
}
