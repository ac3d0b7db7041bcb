import { fstatSync } from 'node:fs';
import {
  F_GETFL,
  O_ACCMODE,
  O_CLOEXEC,
  O_NOCTTY,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
} from '../../host/constants.ts';
import type { Host } from '../../host/host.ts';

/** Device numbers, as Linux has them for ever. */
const DEV_TTY = 0x500;
const DEV_PTMX = 0x502;

/**
 * A descriptor by which a terminal or a pipe is written without ever blocking. It
 * has an open file description of its own, since O_NONBLOCK counts for all who share
 * one. POLLOUT is not enough: of a terminal it does not say for how much there is
 * room, and what a pipe has room for, a child may fill before we write.
 *
 * Returns -1 for what is neither, or cannot be opened again.
 */
export function reopen(host: Host, fd: number): number {
  const flags = host.fcntl(fd, F_GETFL, 0);
  if (flags < 0 || (flags & O_ACCMODE) === O_RDONLY) return -1;
  const stat = fstatSync(fd);
  if (!stat.isFIFO() && !(host.isatty(fd) && isTheSame(host, fd, stat.rdev))) return -1;
  const own = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  return Math.max(-1, host.open(`/proc/self/fd/${fd}`, own, 0));
}

/** Whether the terminal that is opened by this one's name is this one. */
function isTheSame(host: Host, fd: number, rdev: number): boolean {
  // Behind this name is a new terminal each time.
  if (rdev === DEV_PTMX) return false;
  // And behind this one our own, which need not be the one that was opened.
  return rdev !== DEV_TTY || host.tcgetpgrp(fd) >= 0;
}
