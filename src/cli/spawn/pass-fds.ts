import { fstatSync, readdirSync, readlinkSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { F_GETFD } from '../../host/constants.ts';
import type { Host } from '../../host/host.ts';
import { CliError, EXIT_USAGE } from '../exit/errors.ts';

const EPOLL = 'anon_inode:[eventpoll]';
const NODES = [EPOLL, 'anon_inode:[eventfd]', 'anon_inode:[io_uring]'];

/**
 * To be asked before we open anything, which could get such a number.
 * @throws CliError where one of --pass-fd was not opened for us
 */
export function checkPassedFds(host: Host, fds: readonly number[]): void {
  if (fds.length === 0) return;
  const targets = openFds();
  // It first opens an epoll for itself, which gets the lowest number that nobody had given it.
  const epolls = [...targets.keys()].filter((fd) => targets.get(fd) === EPOLL);
  const firstOfNode = Math.min(...epolls);
  const missing = fds.find(
    (fd) => host.fcntl(fd, F_GETFD, 0) < 0 || (fd >= firstOfNode && isNodes(fd, targets)),
  );
  if (missing === undefined) return;
  const message = `--pass-fd ${missing}: it is not open: open it for us, as a shell does by ${missing}<FILE`;
  throw new CliError(message, EXIT_USAGE);
}

/** Node's: an epoll, an eventfd, a pipe from itself to itself that is no older than it. */
function isNodes(fd: number, targets: ReadonlyMap<number, string>): boolean {
  const target = targets.get(fd) ?? '';
  if (NODES.includes(target)) return true;
  if (!target.startsWith('pipe:')) return false;
  const ends = [...targets.values()].filter((other) => other === target).length;
  return ends > 1 && fstatSync(fd).ctimeMs >= performance.timeOrigin;
}

/** What each descriptor is; none without /proc. */
function openFds(): Map<number, string> {
  const targets = new Map<number, string>();
  try {
    for (const fd of readdirSync('/proc/self/fd')) {
      try {
        targets.set(Number(fd), readlinkSync(`/proc/self/fd/${fd}`));
      } catch {
        // The one that the folder was read by.
      }
    }
  } catch {}
  return targets;
}
