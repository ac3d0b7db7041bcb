import { readlinkSync } from 'node:fs';
import { F_GETFD } from '../host/constants.ts';
import type { Host } from '../host/host.ts';
import { CliError, EXIT_USAGE } from './errors.ts';

/** What Node opens for itself, at the lowest numbers that nobody has given it. */
const NODES_OWN = /^anon_inode:\[(eventpoll|io_uring)\]$/;

/**
 * To be asked before we open anything, which could get such a number.
 * @throws CliError where one of --pass-fd is not open
 */
export function checkPassedFds(host: Host, fds: readonly number[]): void {
  const missing = fds.find((fd) => host.fcntl(fd, F_GETFD, 0) < 0 || NODES_OWN.test(target(fd)));
  if (missing === undefined) return;
  const message = `--pass-fd ${missing}: it is not open: open it for us, as a shell does by ${missing}<FILE`;
  throw new CliError(message, EXIT_USAGE);
}

function target(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
