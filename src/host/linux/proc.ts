import { readFileSync } from 'node:fs';

/**
 * Whether /proc shows this process's own pid namespace. Without a mount of its own, as after
 * `unshare --pid --fork`, its numbers mean other processes, so it must not be used. False too if it
 * is not mounted, or cannot be read.
 * @param pid the result of getpid
 */
export function isProcOurs(pid: number): boolean {
  try {
    const status = readFileSync('/proc/self/status', 'latin1');
    // One number per pid namespace, from that of /proc down to ours. Linux before 4.1 lacks the
    // line, and its Pid line gives our number in the mount's namespace.
    const [, pids] = /^NSpid:\s*(.*)$/m.exec(status) ?? /^Pid:\s*(.*)$/m.exec(status) ?? [];
    return pids === String(pid);
  } catch {
    return false;
  }
}

/** The part of /proc/PID/stat that we use. */
export interface ProcessStat {
  /** One letter, such as R, S or Z. */
  readonly state: string;
  readonly ppid: number;
  readonly pgrp: number;
  readonly session: number;
  /** CPU time of it and of the children that it reaped, in hundredths of a second. */
  readonly cpuTicks: number;
}

/** A process of /proc; undefined if there is none, or it cannot be read. */
export function processStat(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The name, in parentheses, may contain any characters.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, ppid, pgrp, session] = fields;
  return {
    state: state!,
    ppid: Number(ppid),
    pgrp: Number(pgrp),
    session: Number(session),
    cpuTicks: [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0),
  };
}
