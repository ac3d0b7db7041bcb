import type { Proc } from '../../host/proc.ts';

/** Linux reports a process's CPU time in hundredths of a second, on every architecture. */
const NS_PER_TICK = 1e7;

/** The state of a process, and the CPU time of it and of the children that it reaped. */
export interface ProcessState {
  readonly word: string;
  readonly cpuNs: number;
}

/** The state of a process that the kernel cannot be asked about. */
export const LIVES: ProcessState = { word: 'lives', cpuNs: 0 };

const WORDS: Readonly<Record<string, string>> = {
  R: 'running',
  S: 'sleeping',
  D: 'in I/O',
  Z: 'zombie',
  T: 'stopped',
  t: 'traced',
  I: 'idle',
};

/** Reads the state from /proc; null if there is no such process, or /proc is not ours. */
export function processState(proc: Proc, pid: number): ProcessState | null {
  const stat = proc.stat(pid);
  if (stat === undefined) return null;
  const { state, cpuTicks } = stat;
  return { word: WORDS[state] ?? state, cpuNs: cpuTicks * NS_PER_TICK };
}
