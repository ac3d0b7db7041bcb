/** Facts from /proc about processes that are not ours. */

import { readFileSync, readlinkSync } from 'node:fs';

/**
 * A process's name; '' if /proc does not tell, or is another pid namespace's, whose numbers mean
 * other processes.
 */
export function processName(pid: number, ownPid: number): string {
  return lookUp(pid, ownPid, 'comm').trim();
}

/** Whether it ignores a signal; false if /proc does not tell. */
export function ignoresSignal(pid: number, signo: number, ownPid: number): boolean {
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(lookUp(pid, ownPid, 'status'))?.[1];
  return mask !== undefined && ((BigInt(`0x${mask}`) >> BigInt(signo - 1)) & 1n) === 1n;
}

function lookUp(pid: number, ownPid: number, file: string): string {
  try {
    if (readlinkSync('/proc/self') !== String(ownPid)) return '';
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
