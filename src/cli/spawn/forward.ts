import {
  SA_SIGINFO,
  SI_KERNEL,
  SI_QUEUE,
  SI_USER,
  SIG_DFL,
  SIGABRT,
  SIGBUS,
  SIGCHLD,
  SIGFPE,
  SIGILL,
  SIGINT,
  SIGKILL,
  SIGPIPE,
  SIGPROF,
  SIGQUIT,
  SIGRTMAX,
  SIGRTMIN,
  SIGSEGV,
  SIGSTOP,
  SIGSYS,
  SIGTRAP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGWINCH,
  SIGXCPU,
  SIGXFSZ,
} from '../../host/constants.ts';
import { EINVAL } from '../../host/errno.ts';
import { type Host, newSigAction } from '../../host/host.ts';
import type { SignalfdSiginfo } from '../../signal/siginfo.ts';
import type { Signals } from '../../signal/signals.ts';

/**
 * Signals that are not passed on: those that cannot be, those that report our own faults, and those
 * about us (our terminal, our pipe, our children).
 */
const OWN: ReadonlySet<number> = new Set([
  SIGKILL,
  SIGSTOP,
  SIGILL,
  SIGTRAP,
  SIGABRT,
  SIGBUS,
  SIGFPE,
  SIGSEGV,
  SIGSYS,
  SIGPIPE,
  SIGCHLD,
  SIGTTIN,
  SIGTTOU,
]);

/**
 * Signals that are passed on to the children: all that make sense, as in tini. The last real-time
 * one is left out, since blocking the others in every thread needs one that is not blocked.
 */
export const FORWARDED: readonly number[] = Array.from(
  { length: SIGRTMAX - 1 },
  (_, i) => i + 1,
).filter((signo) => !OWN.has(signo) && (signo < 32 || signo >= SIGRTMIN));

/**
 * The signals of these that we may take: not SIGPROF if V8's profiler uses it, nor SIGRTMIN (34) if the C
 * library keeps that for itself, as musl does.
 */
export function forwardedIn(host: Host): readonly number[] {
  const act = newSigAction();
  host.sigaction(SIGPROF, null, act);
  const taken = act.handler === SIG_DFL ? [] : [SIGPROF];
  if (host.sigaction(SIGRTMIN, null, act) === -EINVAL) taken.push(SIGRTMIN);
  return taken.length === 0 ? FORWARDED : FORWARDED.filter((signo) => !taken.includes(signo));
}

/** Signals that a terminal sends to its whole foreground group. */
const FROM_TERMINAL: ReadonlySet<number> = new Set([SIGINT, SIGQUIT, SIGTSTP, SIGWINCH]);

/** A signal for the children. */
export interface Passing {
  readonly signo: number;
  /** The value of sigqueue, if it came with one. */
  readonly value: number | undefined;
  /** Whether the terminal has sent it to our whole group: children in it already have it. */
  readonly toGroup: boolean;
  /** Whether a key of the terminal sent it; undefined if the sender is unknown. */
  readonly fromTerminal: boolean | undefined;
}

/**
 * Whether the kernel tells us of a limit of our own: a file of ours that would be too long (RLIMIT_FSIZE),
 * or our processor time (RLIMIT_CPU). Children have such limits, and signals, of their own. Signals of
 * an unknown sender, by --sigfd compat, count as the kernel's: a person sends these hardly ever.
 */
function isOwnLimit(signo: number, info: SignalfdSiginfo, pid: number, isCompat: boolean): boolean {
  if (signo === SIGXCPU) return isCompat || info.ssi_code === SI_KERNEL;
  return signo === SIGXFSZ && (isCompat || info.ssi_pid === pid);
}

/** Calls pass for every signal to pass on, after --rewrite, and dropped for the others. */
export function forwardSignals(
  signals: Signals,
  ownPid: number,
  rewrite: ReadonlyMap<number, number>,
  pass: (passing: Passing, received: number) => void,
  dropped: (signo: number, why: string) => void,
): void {
  const isCompat = signals.sigfd === 'compat';
  const handler = (received: number, info: SignalfdSiginfo): void => {
    if (isOwnLimit(received, info, ownPid, isCompat)) {
      dropped(received, 'which is about a limit of our own');
      return;
    }
    const signo = rewrite.get(received) ?? received;
    if (signo === 0) {
      dropped(received, 'as --rewrite says');
      return;
    }
    const { ssi_code: code, ssi_pid: sender } = info;
    const fromKernel = code === SI_KERNEL && FROM_TERMINAL.has(received);
    const value = code === SI_QUEUE ? info.ssi_int : undefined;
    const fromTerminal = code === SI_USER && sender === 0 ? undefined : fromKernel;
    pass({ signo, value, toGroup: fromKernel && signo === received, fromTerminal }, received);
  };
  for (const signo of signals.signals) {
    if (!FORWARDED.includes(signo)) continue;
    signals.sigaction(signo, { name: 'forward_signal', flags: SA_SIGINFO, handler });
  }
  // If it were not blocked like the others, it would end us, and leave the children.
  signals.sigaction(SIGRTMAX, { handler: 'ignore' });
  // SIGTTIN and SIGTTOU from the terminal must not stop us, who put children into the foreground.
  signals.sigaction(SIGTTIN, { handler: 'ignore' });
  signals.sigaction(SIGTTOU, { handler: 'ignore' });
}
