import type { HostBuffer } from '../../host/host.ts';

/** The ready fds of a pollfd array, as `4 7 8`, for traces. ret is poll's result. */
export function pollfdsText(buffer: HostBuffer, nfds: number, ret: number): string {
  const fds: number[] = [];
  for (let i = 0; i < nfds && fds.length < ret; i++) {
    if (buffer.i32[2 * i + 1]! >>> 16 !== 0) fds.push(buffer.i32[2 * i]!);
  }
  return fds.join(' ');
}

/** The same for epoll_wait's result; fdWord is the word of a record that has the fd. */
export function epollText(buffer: HostBuffer, ret: number, stride: number, fdWord: number): string {
  const fds: number[] = [];
  for (let i = 0; i < ret; i++) fds.push(buffer.i32[i * stride + fdWord]!);
  return fds.join(' ');
}
