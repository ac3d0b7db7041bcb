import { closeSync, fstatSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

/** A file to occupy a number: any will do, and a minimal container has no /dev/null. */
const PLACEHOLDERS = ['/dev/null', '/', '.', '/proc/self/exe'];
/** The device number of /dev/null on every Linux. */
const DEV_NULL = 0x103;

/** How the command ends. */
export interface Exit {
  readonly status: number;
  /**
   * Whether to end by SIGINT instead of the status, so that a shell's loop stops: we alone, or our
   * whole group.
   */
  readonly interrupted: 'us' | 'group' | null;
}

/**
 * Ends the process with this status, even if something else fails. At exit Node restores the modes
 * of the terminals on stdin, stdout and stderr, and aborts if that fails, as on a terminal that has
 * hung up. It leaves a descriptor alone that has become another file. (Also one that is closed, but
 * koffi hangs at exit without a stderr.)
 */
export function leave(status: number, interrupted: Exit['interrupted'] = null): never {
  for (const fd of [0, 1, 2]) if (isDeadTerminal(fd)) replace(fd);
  if (interrupted !== null) process.kill(interrupted === 'us' ? process.pid : 0, 'SIGINT');
  process.exit(status);
}

/** Whether it is a device that is not a terminal any more, or never was one. */
function isDeadTerminal(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isCharacterDevice() && stat.rdev !== DEV_NULL && !isatty(fd);
  } catch {
    return false;
  }
}

function replace(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // Linux has still closed it.
  }
  for (const path of PLACEHOLDERS) {
    try {
      // Gets the lowest free number: those before it are open.
      openSync(path, 'r');
      return;
    } catch {
      // Try the next one.
    }
  }
}
