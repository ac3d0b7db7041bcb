import { readFileSync } from 'node:fs';

/**
 * Whether /proc tells of this process's own pid namespace. Without a mount of its own, as
 * after `unshare --pid --fork`, its numbers mean other processes: then it is as if there
 * were none. Nor is there where it is not mounted, or cannot be read.
 * @param pid what getpid says
 */
export function isProcOurs(pid: number): boolean {
  try {
    const status = readFileSync('/proc/self/status', 'latin1');
    // One number for each pid namespace from that of /proc down to ours. Linux before 4.1
    // has none, and says which is ours in the mount's.
    const [, pids] = /^NSpid:\s*(.*)$/m.exec(status) ?? /^Pid:\s*(.*)$/m.exec(status) ?? [];
    return pids === String(pid);
  } catch {
    return false;
  }
}
