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
