/** Facts from /proc about processes that are not ours. */

import { readProcess } from '../../host/linux/proc.ts';

/** A process's name; '' if /proc does not tell. */
export function processName(pid: number, ownPid: number): string {
  return (readProcess(pid, 'comm', ownPid) ?? '').trim();
}

/** Whether it ignores a signal; false if /proc does not tell. */
export function ignoresSignal(pid: number, signo: number, ownPid: number): boolean {
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readProcess(pid, 'status', ownPid) ?? '')?.[1];
  return mask !== undefined && ((BigInt(`0x${mask}`) >> BigInt(signo - 1)) & 1n) === 1n;
}
