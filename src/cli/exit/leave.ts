import { closeSync, fstatSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

/** Some file to hold a number: any will do, and a minimal container has no /dev/null. */
const PLACEHOLDERS = ['/dev/null', '/', '.', '/proc/self/exe'];
/** /dev/null's device number, as Linux has it for ever. */
const DEV_NULL = 0x103;

/** How the command ends. */
export interface Exit {
  readonly status: number;
  /** By SIGINT in place of the status, so that a shell's loop stops: we alone, or our whole group. */
  readonly interrupted: 'us' | 'group' | null;
}

/**
 * Ends the process, with this status whatever else fails. At its end Node sets the modes
 * of the terminals on stdin, stdout and stderr, and aborts where that fails: on one that
 * has hung up. A descriptor that has become another file it lets be. (One that is closed
 * too, but koffi hangs at its own end where there is no stderr.)
 */
export function leave(status: number, interrupted: Exit['interrupted'] = null): never {
  for (const fd of [0, 1, 2]) if (isDeadTerminal(fd)) replace(fd);
  if (interrupted !== null) process.kill(interrupted === 'us' ? process.pid : 0, 'SIGINT');
  process.exit(status);
}

/** A device that is no terminal any more, or never was one. */
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
    // Linux has closed it all the same.
  }
  for (const path of PLACEHOLDERS) {
    try {
      // The lowest number that is free: those before it are open.
      openSync(path, 'r');
      return;
    } catch {
      // The next one, then.
    }
  }
}
