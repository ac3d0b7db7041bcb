import { fstatSync } from 'node:fs';
import {
  F_GETFL,
  O_ACCMODE,
  O_CLOEXEC,
  O_NOCTTY,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
} from '../host/constants.ts';
import type { Host } from '../host/host.ts';

/** Device numbers, as Linux has them for ever. */
const DEV_TTY = 0x500;
const DEV_PTMX = 0x502;

/**
 * A descriptor by which a terminal is written without ever blocking. It has an open
 * file description of its own, since O_NONBLOCK counts for all who share one.
 * POLLOUT says that there is room, but not for how much: a write that may block
 * does so while the terminal is stopped or not read.
 *
 * Returns -1 for what is no terminal, or cannot be opened again.
 */
export function reopenTerminal(host: Host, fd: number): number {
  if (!host.isatty(fd) || (host.fcntl(fd, F_GETFL, 0) & O_ACCMODE) === O_RDONLY) return -1;
  const { rdev } = fstatSync(fd);
  // Behind this name is a new terminal each time.
  if (rdev === DEV_PTMX) return -1;
  // And behind this one our own, which need not be the one that was opened.
  if (rdev === DEV_TTY && host.tcgetpgrp(fd) < 0) return -1;
  const flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  return Math.max(-1, host.open(`/proc/self/fd/${fd}`, flags, 0));
}
