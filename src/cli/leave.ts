import { closeSync, fstatSync } from 'node:fs';
import { isatty } from 'node:tty';

/**
 * Ends the process. At its end Node sets the modes of the terminals on stdin,
 * stdout and stderr, and aborts where that fails: on one that has hung up. A
 * descriptor that is closed it lets be.
 */
export function leave(status: number): never {
  for (const fd of [0, 1, 2]) {
    if (isDeadTerminal(fd)) closeSync(fd);
  }
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
