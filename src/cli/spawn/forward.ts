import {
  SA_SIGINFO,
  SI_KERNEL,
  SI_QUEUE,
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
} from '../../host/constants.ts';
import type { SignalfdSiginfo } from '../../signal/siginfo.ts';
import type { Signals } from '../../signal/signals.ts';

/**
 * Signals that are not passed on: those that cannot be, those that report our own faults, those
 * about us (our terminal, our pipe, our children), and that of V8's profiler.
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
  SIGPROF,
]);

/**
 * Signals that are passed on to the children: all that make sense, as in tini. The last real-time
 * one is left out, since blocking the others in every thread needs one that is not blocked.
 */
export const FORWARDED: readonly number[] = Array.from(
  { length: SIGRTMAX - 1 },
  (_, i) => i + 1,
).filter((signo) => !OWN.has(signo) && (signo < 32 || signo >= SIGRTMIN));

/** Signals that a terminal sends to its whole foreground group. */
const FROM_TERMINAL: ReadonlySet<number> = new Set([SIGINT, SIGQUIT, SIGTSTP, SIGWINCH]);

/** A signal for the children. */
export interface Passing {
  readonly signo: number;
  /** The value of sigqueue, if it came with one. */
  readonly value: number | undefined;
  /** Whether the terminal has sent it to our whole group: children in it already have it. */
  readonly toGroup: boolean;
}

/** Calls pass for every signal to pass on, after --rewrite, and dropped for the others. */
export function forwardSignals(
  signals: Signals,
  rewrite: ReadonlyMap<number, number>,
  pass: (passing: Passing, received: number) => void,
  dropped: (signo: number) => void,
): void {
  const handler = (received: number, info: SignalfdSiginfo): void => {
    const signo = rewrite.get(received) ?? received;
    if (signo === 0) {
      dropped(received);
      return;
    }
    const fromKernel = info.ssi_code === SI_KERNEL && FROM_TERMINAL.has(received);
    const value = info.ssi_code === SI_QUEUE ? info.ssi_int : undefined;
    pass({ signo, value, toGroup: fromKernel && signo === received }, received);
  };
  for (const signo of FORWARDED) {
    signals.sigaction(signo, { name: 'forward_signal', flags: SA_SIGINFO, handler });
  }
  // The terminal's SIGTTIN and SIGTTOU must not stop us, who put children into the foreground.
  signals.sigaction(SIGTTIN, { handler: 'ignore' });
  signals.sigaction(SIGTTOU, { handler: 'ignore' });
}
