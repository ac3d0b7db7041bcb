/** Facts from /proc about processes that are not ours. */

import type { Proc } from '../../host/proc.ts';

/** A process's name; '' if /proc does not tell. */
export function processName(proc: Proc, pid: number): string {
  return (proc.read(pid, 'comm') ?? '').trim();
}

/** Whether it ignores a signal; false if /proc does not tell. */
export function ignoresSignal(proc: Proc, pid: number, signo: number): boolean {
  return hasSignal(proc.read(pid, 'status') ?? '', 'SigIgn', signo);
}

/**
 * Whether a process may do as it likes with a signal: it ignores, handles or blocks it. True if
 * /proc does not say. For a process that has ended and is not reaped it still does.
 */
export function mayHandleSignal(proc: Proc, pid: number, signo: number): boolean {
  const status = proc.read(pid, 'status');
  if (status === undefined) return true;
  return ['SigIgn', 'SigCgt', 'SigBlk'].some((set) => hasSignal(status, set, signo));
}

/** @param set the name of a line of /proc/PID/status */
function hasSignal(status: string, set: string, signo: number): boolean {
  const mask = new RegExp(`^${set}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1];
  return mask !== undefined && ((BigInt(`0x${mask}`) >> BigInt(signo - 1)) & 1n) === 1n;
}
