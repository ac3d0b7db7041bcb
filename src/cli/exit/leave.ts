import { O_RDONLY, S_IFCHR, SIGINT } from '../../host/constants.ts';
import { isKind, STAT_SIZE, takeStat } from '../../host/file-stat.ts';
import type { Host } from '../../host/host.ts';

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
export function leave(
  host: Host | null,
  status: number,
  interrupted: Exit['interrupted'] = null,
): never {
  if (host !== null) {
    for (const fd of [0, 1, 2]) if (isDeadTerminal(host, fd)) replace(host, fd);
    if (interrupted !== null) host.kill(interrupted === 'us' ? host.getpid() : 0, SIGINT);
  }
  process.exit(status);
}

/** Whether it is a device that is not a terminal any more, or never was one. */
function isDeadTerminal(host: Host, fd: number): boolean {
  const buffer = host.alloc(STAT_SIZE);
  if (host.fstat(fd, buffer) < 0) return false;
  const stat = takeStat(buffer);
  return isKind(stat, S_IFCHR) && stat.rdev !== DEV_NULL && !host.isatty(fd);
}

/** The placeholder gets the lowest free number: those before it are open. */
function replace(host: Host, fd: number): void {
  // Linux closes it even if it returns an error.
  host.close(fd);
  PLACEHOLDERS.find((path) => host.open(path, O_RDONLY, 0) >= 0);
}
