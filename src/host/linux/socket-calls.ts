/** Calls on sockets. Their addresses and options stand in buffers of the caller's: none allocates. */

import { areInts, isInt } from '../arguments.ts';
import { EBADF, EINVAL } from '../errno.ts';
import type { HostBuffer } from '../host.ts';
import { lazy, result } from './libc.ts';
import { LinuxBuffer } from './memory.ts';

type A = number;

const c = {
  socket: lazy<[number, number, number]>('int socket(int, int, int)'),
  bind: lazy<[number, A, number]>('int bind(int, uintptr_t, unsigned int)'),
  listen: lazy<[number, number]>('int listen(int, int)'),
  accept4: lazy<[number, A, A, number]>('int accept4(int, uintptr_t, uintptr_t, int)'),
  connect: lazy<[number, A, number]>('int connect(int, uintptr_t, unsigned int)'),
  shutdown: lazy<[number, number]>('int shutdown(int, int)'),
  getsockname: lazy<[number, A, A]>('int getsockname(int, uintptr_t, uintptr_t)'),
  getpeername: lazy<[number, A, A]>('int getpeername(int, uintptr_t, uintptr_t)'),
  getsockopt: lazy<[number, number, number, A, A]>(
    'int getsockopt(int, int, int, uintptr_t, uintptr_t)',
  ),
  setsockopt: lazy<[number, number, number, A, number]>(
    'int setsockopt(int, int, int, uintptr_t, unsigned int)',
  ),
};

export class SocketCalls {
  /** The length that a call reads and writes: socklen_t. */
  readonly #length = new LinuxBuffer(8);

  socket(domain: number, type: number, protocol: number): number {
    return result(c.socket(domain, type, protocol));
  }

  bind(fd: number, address: HostBuffer, length: number): number {
    if (!isInt(fd)) return -EBADF;
    if (!isInt(length) || !LinuxBuffer.hasFirst(address, length)) return -EINVAL;
    return result(c.bind(fd, address.address, length));
  }

  listen(fd: number, backlog: number): number {
    if (!isInt(fd)) return -EBADF;
    return isInt(backlog) ? result(c.listen(fd, backlog)) : -EINVAL;
  }

  accept4(fd: number, flags: number): number {
    if (!isInt(fd)) return -EBADF;
    return isInt(flags) ? result(c.accept4(fd, 0, 0, flags)) : -EINVAL;
  }

  connect(fd: number, address: HostBuffer, length: number): number {
    if (!isInt(fd)) return -EBADF;
    if (!isInt(length) || !LinuxBuffer.hasFirst(address, length)) return -EINVAL;
    return result(c.connect(fd, address.address, length));
  }

  shutdown(fd: number, how: number): number {
    if (!isInt(fd)) return -EBADF;
    return isInt(how) ? result(c.shutdown(fd, how)) : -EINVAL;
  }

  getsockname(fd: number, address: HostBuffer): number {
    return this.#name(c.getsockname, fd, address);
  }

  getpeername(fd: number, address: HostBuffer): number {
    return this.#name(c.getpeername, fd, address);
  }

  getsockopt(fd: number, level: number, option: number, value: HostBuffer): number {
    if (!isInt(fd)) return -EBADF;
    if (!areInts(level, option) || !LinuxBuffer.hasFirst(value, 0)) return -EINVAL;
    const length = this.#length;
    length.i32[0] = value.size;
    const ret = c.getsockopt(fd, level, option, value.address, length.address);
    return ret < 0 ? result(ret) : length.i32[0]!;
  }

  setsockopt(fd: number, level: number, option: number, value: HostBuffer, length: number): number {
    if (!isInt(fd)) return -EBADF;
    if (!areInts(level, option, length) || !LinuxBuffer.hasFirst(value, length)) return -EINVAL;
    return result(c.setsockopt(fd, level, option, value.address, length));
  }

  #name(call: typeof c.getsockname, fd: number, address: HostBuffer): number {
    if (!isInt(fd)) return -EBADF;
    if (!LinuxBuffer.hasFirst(address, 0)) return -EINVAL;
    const length = this.#length;
    length.i32[0] = address.size;
    const ret = call(fd, address.address, length.address);
    return ret < 0 ? result(ret) : length.i32[0]!;
  }
}
