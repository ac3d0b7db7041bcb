/** The supervisor's words about signals and remaining processes. */

import { ENOSYS, type HostError } from '../../host/errno.ts';
import { NO_PROC, signalName } from '../../signal/names.ts';
import { CliError, EXIT_INTERNAL } from '../exit/errors.ts';
import { count, formatDuration } from '../text/units.ts';
import type { Passed } from './processes.ts';
import type { Sending } from './sending.ts';

/** `SIGTERM as SIGINT to 2 children, and to 1 process that a shell waits for`. */
export function passedText(signo: number, received: number, passed: Passed): string {
  const { sent, has, left, below } = passed;
  const as = signo === received ? '' : ` as ${signalName(signo)}`;
  const to = has > 0 ? 'all, by the terminal' : count(sent, 'child', 'children');
  const also = left > 0 ? `, and to ${processes(left)} left behind` : '';
  const and = below > 0 ? `, and to ${processes(below)} that a shell waits for` : '';
  return `${signalName(received)}${as} to ${to}${and}${also}`;
}

/** @param refused the reason why there is no signalfd that sees all signals */
export function compatText({ syscall, code, errno }: HostError): string {
  const why = errno === ENOSYS ? NO_PROC : code;
  return `${syscall}: ${why}: signals come as by --sigfd compat`;
}

/** The reason for SIGKILL to all. @param graceNs the time that they had */
export function graceText(graceNs: number): string {
  return graceNs === 0 ? 'no grace' : `${formatDuration(graceNs)} grace are over`;
}

const UNSEEN = 'that /proc does not show: mount the /proc of this pid namespace';

/** @param names of the processes that go on without us; empty if /proc does not show them */
export function leftText(names: readonly string[]): string {
  if (names.length === 0) {
    return `processes are left running ${UNSEEN}`;
  }
  const are = names.length === 1 ? 'is' : 'are';
  return `${processes(names.length)} ${are} left running: ${names.join(', ')}: --subreaper ends them, too`;
}

/**
 * @param names of the processes that SIGKILL does not reach; empty if they are unknown
 * @param isPid1 whether the kernel ends them with us
 */
export function notEnded(names: readonly string[], isPid1: boolean): CliError {
  return new CliError(notEndedText(names, isPid1), EXIT_INTERNAL);
}

function notEndedText(names: readonly string[], isPid1: boolean): string {
  if (names.length === 0) {
    return `processes are left ${UNSEEN}`;
  }
  const them = names.join(', ');
  return isPid1
    ? `the kernel ends with us, since SIGKILL may not be sent: ${them}: run qemu-loop as their user, or add CAP_KILL`
    : `left running, since SIGKILL may not be sent: ${them}: end them as their user, or as root`;
}

/** The receivers of a signal: `2 processes`, `all processes`. */
export function sentText({ sent, everybody }: Sending): string {
  return everybody === true ? 'all processes' : processes(sent);
}

/** `1 process`, `2 processes`. */
export function processes(n: number): string {
  return count(n, 'process', 'processes');
}
