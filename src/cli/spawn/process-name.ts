/** Facts from /proc about processes that are not ours. */

import type { Proc } from '../../host/proc.ts';

/** A process's name; '' if /proc does not tell. */
export function processName(proc: Proc, pid: number): string {
  return (proc.read(pid, 'comm') ?? '').trim();
}

const SHELLS: readonly string[] = ['sh', 'dash', 'bash', 'ash', 'ksh', 'ksh93', 'mksh', 'zsh'];

/**
 * Whether it is a shell that waits for its programs, whatever it was started as: a command may have
 * become a program by `exec`, and a script's interpreter stands in its first line. False if /proc
 * does not tell.
 */
export function isShell(proc: Proc, pid: number): boolean {
  const exe = proc.link(pid, 'exe')?.replace(/ \(deleted\)$/, '');
  // The link of another user's process cannot be read, but its arguments can.
  if (exe !== undefined && baseName(exe) !== 'busybox') return SHELLS.includes(baseName(exe));
  const [first = '', second = ''] = (proc.read(pid, 'cmdline') ?? '').split('\0').map(baseName);
  // A login shell has a dash before its name.
  return SHELLS.includes(first === 'busybox' ? second : first.replace(/^-/, ''));
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
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
