/** Calls on files at a position of their own, and those that write a file to its disk. */

import { isInt } from '../arguments.ts';
import { EBADF, EINVAL } from '../errno.ts';
import type { HostBuffer } from '../host.ts';
import { lazy, result } from './libc.ts';
import { LinuxBuffer, putWord64 } from './memory.ts';

type A = number;

const c = {
  pread: lazy<[number, A, number, number]>('long pread(int, uintptr_t, size_t, long)'),
  pwrite: lazy<[number, A, number, number]>('long pwrite(int, uintptr_t, size_t, long)'),
  preadv: lazy<[number, A, number, number]>('long preadv(int, uintptr_t, int, long)'),
  fsync: lazy<[number]>('int fsync(int)'),
  fdatasync: lazy<[number]>('int fdatasync(int)'),
};

/** The words of a struct iovec. */
const IOVEC_WORDS = 4;
/** IOV_MAX. */
const MOST_BUFFERS = 1024;

type Transfer = typeof c.pread;

function transfer(
  call: Transfer,
  fd: number,
  buf: HostBuffer,
  offset: number,
  count: number,
  position: number,
): number {
  if (!isInt(fd)) return -EBADF;
  if (!LinuxBuffer.has(buf, offset, count) || !Number.isSafeInteger(position)) return -EINVAL;
  return result(call(fd, buf.address + offset, count, position));
}

export class FileCalls {
  #iovec: LinuxBuffer | null = null;

  pread(fd: number, buf: HostBuffer, offset: number, count: number, position: number): number {
    return transfer(c.pread, fd, buf, offset, count, position);
  }

  pwrite(fd: number, buf: HostBuffer, offset: number, count: number, position: number): number {
    return transfer(c.pwrite, fd, buf, offset, count, position);
  }

  preadv(fd: number, bufs: readonly HostBuffer[], position: number): number {
    if (!isInt(fd)) return -EBADF;
    if (!Number.isSafeInteger(position)) return -EINVAL;
    if (!Array.isArray(bufs) || bufs.length > MOST_BUFFERS) return -EINVAL;
    if (!bufs.every((buf) => LinuxBuffer.has(buf, 0, 0))) return -EINVAL;
    this.#iovec ??= new LinuxBuffer(MOST_BUFFERS * IOVEC_WORDS * 4);
    for (const [i, { address, size }] of bufs.entries()) {
      putWord64(this.#iovec.i32, IOVEC_WORDS * i, address);
      putWord64(this.#iovec.i32, IOVEC_WORDS * i + 2, size);
    }
    return result(c.preadv(fd, this.#iovec.address, bufs.length, position));
  }

  fsync(fd: number): number {
    return isInt(fd) ? result(c.fsync(fd)) : -EBADF;
  }

  fdatasync(fd: number): number {
    return isInt(fd) ? result(c.fdatasync(fd)) : -EBADF;
  }
}
