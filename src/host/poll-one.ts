import type { Host } from './host.ts';

const POLLFD_SIZE = 8;

/**
 * Waits for one descriptor, at most timeoutNs, -1 for ever. Returns what has happened to it, as poll(2)'s
 * revents; 0 if that time has passed; -errno. Allocates: for what is rare.
 */
export function pollOne(host: Host, fd: number, events: number, timeoutNs: number): number {
  const pollfd = host.alloc(POLLFD_SIZE);
  pollfd.i32[0] = fd;
  pollfd.i32[1] = events;
  const ret = host.poll(pollfd, 1, timeoutNs);
  return ret > 0 ? pollfd.i32[1] >>> 16 : ret;
}
