import { readlinkSync } from 'node:fs';

/**
 * Whether the numbers of /proc are those of our pid namespace. After `unshare --pid` without
 * `--mount-proc`, and in some sandboxes, it is another one's: its numbers mean other processes.
 * `/proc/self` itself is always us. False where /proc is not mounted.
 */
export function procIsOurs(): boolean {
  try {
    return readlinkSync('/proc/self') === String(process.pid);
  } catch {
    return false;
  }
}
