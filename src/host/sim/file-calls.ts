/** Calls on files at a position of their own, and those that write a file to its disk. */

import { isInt } from '../arguments.ts';
import { O_RDONLY, O_WRONLY } from '../constants.ts';
import { EBADF, EINVAL, ESPIPE } from '../errno.ts';
import type { HostBuffer } from '../host.ts';
import type { FdTable } from './file.ts';
import { SimBuffer } from './memory.ts';

const ACCESS_MODE = 3;
/** IOV_MAX. */
const MOST_BUFFERS = 1024;

export class FileCalls {
  readonly #fds: FdTable;

  constructor(fds: FdTable) {
    this.#fds = fds;
  }

  pread(fd: number, buf: HostBuffer, offset: number, count: number, position: number): number {
    if (!isInt(fd)) return -EBADF;
    if (!SimBuffer.has(buf, offset, count) || !isPosition(position)) return -EINVAL;
    const file = this.#fds.get(fd);
    if (file === undefined) return -EBADF;
    if (file.node.readAt === undefined) return -ESPIPE;
    if ((file.flags & ACCESS_MODE) === O_WRONLY) return -EBADF;
    return file.node.readAt(buf, offset, count, position);
  }

  pwrite(fd: number, buf: HostBuffer, offset: number, count: number, position: number): number {
    if (!isInt(fd)) return -EBADF;
    if (!SimBuffer.has(buf, offset, count) || !isPosition(position)) return -EINVAL;
    const file = this.#fds.get(fd);
    if (file === undefined) return -EBADF;
    if (file.node.writeAt === undefined) return -ESPIPE;
    if ((file.flags & ACCESS_MODE) === O_RDONLY) return -EBADF;
    return file.node.writeAt(file, buf, offset, count, position);
  }

  preadv(fd: number, bufs: readonly HostBuffer[], position: number): number {
    if (!isInt(fd)) return -EBADF;
    if (!isPosition(position) || !Array.isArray(bufs) || bufs.length > MOST_BUFFERS) return -EINVAL;
    if (!bufs.every((buf) => SimBuffer.has(buf, 0, 0))) return -EINVAL;
    let got = 0;
    // Without a buffer it still checks the descriptor.
    for (const buf of bufs.length === 0 ? [NO_BYTES] : bufs) {
      const n = this.pread(fd, buf, 0, buf.size, position + got);
      if (n < 0) return n;
      got += n;
      if (n < buf.size) break;
    }
    return got;
  }

  fsync(fd: number): number {
    const file = isInt(fd) ? this.#fds.get(fd) : undefined;
    if (file === undefined) return -EBADF;
    return file.node.hasDisk === true ? 0 : -EINVAL;
  }
}

const NO_BYTES = new SimBuffer(0);

function isPosition(position: number): boolean {
  return Number.isSafeInteger(position) && position >= 0;
}
