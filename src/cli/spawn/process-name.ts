/** Facts from /proc about processes that are not ours. */

import type { Proc } from '../../host/proc.ts';

/** A process's name; '' if /proc does not tell. */
export function processName(proc: Proc, pid: number): string {
  return (proc.read(pid, 'comm') ?? '').trim();
}

/** Whether it ignores a signal; false if /proc does not tell. */
export function ignoresSignal(proc: Proc, pid: number, signo: number): boolean {
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(proc.read(pid, 'status') ?? '')?.[1];
  return mask !== undefined && ((BigInt(`0x${mask}`) >> BigInt(signo - 1)) & 1n) === 1n;
}
