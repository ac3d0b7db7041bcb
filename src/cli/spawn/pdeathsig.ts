import { PR_SET_PDEATHSIG } from '../../host/constants.ts';
import { check } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';

/**
 * Sets --pdeathsig, and handles the case that the parent has already died.
 * @param parentPid the parent's pid at the start
 */
export function dieWithParent(host: Host, signo: number | undefined, parentPid: number): void {
  if (signo === undefined) return;
  check(host.prctl(PR_SET_PDEATHSIG, signo), 'prctl PR_SET_PDEATHSIG');
  if (host.getppid() !== parentPid) host.kill(host.getpid(), signo);
}
