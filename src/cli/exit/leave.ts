import { closeSync, fstatSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

/** How the command ends. */
export interface Exit {
  readonly status: number;
  /** By SIGINT in place of the status, so that a shell's loop stops: we alone, or our whole group. */
  readonly interrupted: 'us' | 'group' | null;
}

/**
 * Ends the process. At its end Node sets the modes of the terminals on stdin,
 * stdout and stderr, and aborts where that fails: on one that has hung up. A
 * descriptor that has become another file it lets be. (One that is closed too, but
 * koffi hangs at its own end where there is no stderr.)
 */
export function leave(status: number, interrupted: Exit['interrupted'] = null): never {
  for (const fd of [0, 1, 2]) {
    if (!isDeadTerminal(fd)) continue;
    closeSync(fd);
    // The lowest number that is free: those before it are open.
    openSync('/dev/null', 'r+');
  }
  if (interrupted !== null) process.kill(interrupted === 'us' ? process.pid : 0, 'SIGINT');
  process.exit(status);
}

/** A device that is no terminal any more, or never was one, such as /dev/null. */
function isDeadTerminal(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice() && !isatty(fd);
  } catch {
    return false;
  }
}
