import {
  F_GETFL,
  O_ACCMODE,
  O_CLOEXEC,
  O_NOCTTY,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
  S_IFIFO,
} from '../../host/constants.ts';
import { isKind, STAT_SIZE, takeStat } from '../../host/file-stat.ts';
import type { Host } from '../../host/host.ts';

/** Device numbers, the same on every Linux. */
const DEV_TTY = 0x500;
const DEV_PTMX = 0x502;

/**
 * A descriptor that writes to a terminal or a pipe without ever blocking. It has an open file
 * description of its own, since all users of a description share O_NONBLOCK. POLLOUT is not enough:
 * for a terminal it does not say how much room there is, and a child may fill a pipe's room before
 * we write.
 *
 * Returns -1 if the file is neither, or cannot be opened again; see endOfRoom then.
 */
export function reopen(host: Host, fd: number): number {
  const flags = host.fcntl(fd, F_GETFL, 0);
  if (flags < 0 || (flags & O_ACCMODE) === O_RDONLY) return -1;
  const buffer = host.alloc(STAT_SIZE);
  if (host.fstat(fd, buffer) < 0) return -1;
  const stat = takeStat(buffer);
  if (!isKind(stat, S_IFIFO) && !(host.isatty(fd) && isTheSame(host, fd, stat.rdev))) return -1;
  const own = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  const reopened = host.open(`/proc/self/fd/${fd}`, own, 0);
  if (reopened >= 0) return reopened;
  // It may belong to another user (su, setpriv). The name of our controlling terminal is for everybody.
  return host.tcgetpgrp(fd) < 0 ? -1 : Math.max(-1, host.open('/dev/tty', own, 0));
}

/** Whether opening this terminal by its name gives the same terminal. */
function isTheSame(host: Host, fd: number, rdev: number): boolean {
  // This name gives a new terminal each time.
  if (rdev === DEV_PTMX) return false;
  // This name gives our controlling terminal, which need not be the one that was opened.
  return rdev !== DEV_TTY || host.tcgetpgrp(fd) >= 0;
}
