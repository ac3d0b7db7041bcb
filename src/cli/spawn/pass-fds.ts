import { performance } from 'node:perf_hooks';
import { F_GETFD, F_GETFL, FD_CLOEXEC, O_NONBLOCK } from '../../host/constants.ts';
import { STAT_SIZE, takeStat } from '../../host/file-stat.ts';
import type { Host } from '../../host/host.ts';
import { Proc } from '../../host/proc.ts';
import { CliError, EXIT_USAGE } from '../exit/errors.ts';

const EPOLL = 'anon_inode:[eventpoll]';
/** The kernel stamps a pipe by a clock that is up to a tick behind; the longest tick there is. */
const TICK_MS = 10;
const EVENTFD = 'anon_inode:[eventfd]';
const NODES = [EPOLL, 'anon_inode:[io_uring]'];

/**
 * Call it before we open anything, which could get such a number.
 * @throws CliError if a descriptor of --pass-fd was not opened for us
 */
export function checkPassedFds(host: Host, fds: readonly number[]): void {
  if (fds.length === 0) return;
  const targets = openFds(host);
  // Node first opens an epoll for itself, which gets the lowest free number.
  const epolls = [...targets.keys()].filter((fd) => targets.get(fd) === EPOLL);
  const firstOfNode = Math.min(...epolls);
  const missing = fds.find((fd) => {
    const flags = host.fcntl(fd, F_GETFD, 0);
    // Node's own are all closed at an exec. It makes the low ones that it was given so, too.
    const mayBeNodes = (flags & FD_CLOEXEC) !== 0 && fd >= firstOfNode;
    return flags < 0 || (mayBeNodes && isNodes(host, fd, targets));
  });
  if (missing === undefined) return;
  const message = `--pass-fd ${missing}: it is not open: open it for us, as a shell does by ${missing}<FILE`;
  throw new CliError(message, EXIT_USAGE);
}

/**
 * Whether it is one of Node's own: an epoll, an eventfd that does not block, or a later pipe from itself to
 * itself.
 */
function isNodes(host: Host, fd: number, targets: ReadonlyMap<number, string>): boolean {
  const target = targets.get(fd) ?? '';
  if (NODES.includes(target)) return true;
  if (target === EVENTFD) return (host.fcntl(fd, F_GETFL, 0) & O_NONBLOCK) !== 0;
  if (!target.startsWith('pipe:')) return false;
  const ends = [...targets.values()].filter((other) => other === target).length;
  const stat = host.alloc(STAT_SIZE);
  if (ends < 2 || host.fstat(fd, stat) < 0) return false;
  return takeStat(stat).ctimeNs / 1e6 >= performance.timeOrigin - TICK_MS;
}

/** The targets of all open descriptors; empty without /proc. */
function openFds(host: Host): Map<number, string> {
  const proc = new Proc(host);
  const targets = new Map<number, string>();
  // The size of the table of descriptors: no number is as high.
  const size = Number(/^FDSize:\s*(\d+)$/m.exec(proc.own('status') ?? '')?.[1] ?? 0);
  for (let fd = 0; fd < size; fd++) {
    const target = host.fcntl(fd, F_GETFD, 0) < 0 ? undefined : proc.ownLink(`fd/${fd}`);
    if (target !== undefined) targets.set(fd, target);
  }
  return targets;
}
