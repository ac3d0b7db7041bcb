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

/**
 * A file of /proc/PID; undefined if there is no such process, or if /proc is not ours, so that its
 * numbers mean other processes.
 * @param ownPid the result of getpid
 */
export function readProcess(pid: number, file: string, ownPid = process.pid): string | undefined {
  return isProcOurs(ownPid) ? readFileOf(pid, file) : undefined;
}

function readFileOf(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
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

/** A process; undefined if there is none, or if /proc is not ours. */
export function processStat(pid: number): ProcessStat | undefined {
  return isProcOurs(process.pid) ? statInProc(pid) : undefined;
}

/** processStat, for callers that know /proc to be ours, and look at many processes. */
export function statInProc(pid: number): ProcessStat | undefined {
  const text = readFileOf(pid, 'stat');
  if (text === undefined) return undefined;
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
