import { checkString } from '../host/arguments.ts';
import { NSIG, SIGCHLD, SIGKILL, SIGRTMAX, SIGRTMIN, SIGSTOP } from '../host/constants.ts';

/** The call named in a HostError if not every thread could be masked. */
export const BLOCKING_SIGNALS = 'blocking signals in every thread';

/** The reason for that if its errno is ENOSYS: the threads of this process are unknown. */
export const NO_PROC = 'there is no /proc of this pid namespace';

/** Names by number, 1 to 31. */
const STANDARD = [
  '',
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGKILL',
  'SIGUSR1',
  'SIGSEGV',
  'SIGUSR2',
  'SIGPIPE',
  'SIGALRM',
  'SIGTERM',
  'SIGSTKFLT',
  'SIGCHLD',
  'SIGCONT',
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGURG',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGVTALRM',
  'SIGPROF',
  'SIGWINCH',
  'SIGIO',
  'SIGPWR',
  'SIGSYS',
];

const ALIASES: Readonly<Record<string, string>> = {
  SIGCLD: 'SIGCHLD',
  SIGIOT: 'SIGABRT',
  SIGPOLL: 'SIGIO',
};

/** Whether a program can handle it: not the kernel's own two, nor the C library's 32 and 33. */
export function canBeHandled(signo: number): boolean {
  if (!Number.isInteger(signo) || signo === SIGKILL || signo === SIGSTOP) return false;
  return (signo >= 1 && signo < STANDARD.length) || (signo >= SIGRTMIN && signo <= SIGRTMAX);
}

/** A signal's name: `SIGCHLD`, `SIGRTMIN`, `SIGRTMIN+3`, `SIGRTMAX`; `signal 99` if it has none. */
export function signalName(signo: number): string {
  const name = STANDARD[signo];
  if (name) return name;
  if (signo === SIGRTMIN) return 'SIGRTMIN';
  if (signo === SIGRTMAX) return 'SIGRTMAX';
  if (signo > SIGRTMIN && signo < SIGRTMAX) return `SIGRTMIN+${signo - SIGRTMIN}`;
  return `signal ${signo}`;
}

/**
 * The number of a signal from its name as people write it: `SIGTERM`, `TERM`, `term`, `15`,
 * `SIGRTMIN+1`, `RTMAX-2`. Returns 0 if there is no such signal.
 */
export function signalNumber(text: string): number {
  checkString(text, 'signalNumber: the name');
  if (/^\d+$/.test(text)) {
    const n = Number(text);
    return n >= 1 && n <= NSIG ? n : 0;
  }
  const upper = text.toUpperCase();
  const full = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  const rt = /^SIGRT(MIN|MAX)(?:([+-])(\d+))?$/.exec(full);
  if (rt !== null) {
    const offset = Number(rt[3] ?? 0) * (rt[2] === '-' ? -1 : 1);
    const n = (rt[1] === 'MIN' ? SIGRTMIN : SIGRTMAX) + offset;
    return n >= SIGRTMIN && n <= SIGRTMAX ? n : 0;
  }
  const at = STANDARD.indexOf(ALIASES[full] ?? full);
  return Math.max(at, 0);
}

/** All names that signalNumber knows, for messages and completion. */
export function signalNames(): string[] {
  return [...STANDARD.slice(1), 'SIGRTMIN', 'SIGRTMAX'];
}

const GENERAL_CODES: Readonly<Record<number, string>> = {
  0: 'SI_USER',
  128: 'SI_KERNEL',
  [-1]: 'SI_QUEUE',
  [-2]: 'SI_TIMER',
  [-3]: 'SI_MESGQ',
  [-4]: 'SI_ASYNCIO',
  [-5]: 'SI_SIGIO',
  [-6]: 'SI_TKILL',
  [-7]: 'SI_DETHREAD',
  [-60]: 'SI_ASYNCNL',
};

/** The meaning of a positive code depends on the signal. Index 0 is code 1. */
const CODES: Readonly<Record<number, readonly string[]>> = {
  4: [
    'ILL_ILLOPC',
    'ILL_ILLOPN',
    'ILL_ILLADR',
    'ILL_ILLTRP',
    'ILL_PRVOPC',
    'ILL_PRVREG',
    'ILL_COPROC',
    'ILL_BADSTK',
  ],
  5: ['TRAP_BRKPT', 'TRAP_TRACE', 'TRAP_BRANCH', 'TRAP_HWBKPT', 'TRAP_UNK', 'TRAP_PERF'],
  7: ['BUS_ADRALN', 'BUS_ADRERR', 'BUS_OBJERR', 'BUS_MCEERR_AR', 'BUS_MCEERR_AO'],
  8: [
    'FPE_INTDIV',
    'FPE_INTOVF',
    'FPE_FLTDIV',
    'FPE_FLTOVF',
    'FPE_FLTUND',
    'FPE_FLTRES',
    'FPE_FLTINV',
    'FPE_FLTSUB',
  ],
  11: ['SEGV_MAPERR', 'SEGV_ACCERR', 'SEGV_BNDERR', 'SEGV_PKUERR'],
  [SIGCHLD]: [
    'CLD_EXITED',
    'CLD_KILLED',
    'CLD_DUMPED',
    'CLD_TRAPPED',
    'CLD_STOPPED',
    'CLD_CONTINUED',
  ],
  29: ['POLL_IN', 'POLL_OUT', 'POLL_MSG', 'POLL_ERR', 'POLL_PRI', 'POLL_HUP'],
  31: ['SYS_SECCOMP', 'SYS_USER_DISPATCH'],
};

/** The name of an ssi_code: `CLD_EXITED`, `SI_QUEUE`; `code 7` if it has none. */
export function codeName(signo: number, code: number): string {
  return GENERAL_CODES[code] ?? CODES[signo]?.[code - 1] ?? `code ${code}`;
}
