import { EFD_SEMAPHORE, O_CLOEXEC, O_NONBLOCK, O_RDWR, POLLIN, POLLOUT } from '../constants.ts';
import { EAGAIN, EINVAL } from '../errno.ts';
import type { HostBuffer } from '../host.ts';
import { type FileNode, OpenFile } from './file.ts';

const ALL_ONES = 0xffffffff;

/** The counter of eventfd(2), in two unsigned halves; its maximum is 2^64 - 2. */
class EventFd implements FileNode {
  #lo: number;
  #hi = 0;
  readonly #semaphore: boolean;

  constructor(initval: number, semaphore: boolean) {
    this.#lo = initval >>> 0;
    this.#semaphore = semaphore;
  }

  get mode(): number {
    return 0o600;
  }

  get link(): string {
    return 'anon_inode:[eventfd]';
  }

  read(file: OpenFile, buf: HostBuffer, offset: number, count: number): number {
    if (count < 8) return -EINVAL;
    if (this.#lo === 0 && this.#hi === 0) return -EAGAIN;
    if (this.#semaphore) {
      buf.view.setUint32(offset, 1, true);
      buf.view.setUint32(offset + 4, 0, true);
      if (this.#lo-- === 0) {
        this.#lo = ALL_ONES;
        this.#hi--;
      }
    } else {
      buf.view.setUint32(offset, this.#lo, true);
      buf.view.setUint32(offset + 4, this.#hi, true);
      this.#lo = 0;
      this.#hi = 0;
    }
    file.ready = this.poll();
    file.wake(POLLOUT);
    return 8;
  }

  write(file: OpenFile, buf: HostBuffer, offset: number, count: number): number {
    // Since Linux 6.6; earlier kernels accepted longer writes.
    if (count !== 8) return -EINVAL;
    const addLo = buf.view.getUint32(offset, true);
    const addHi = buf.view.getUint32(offset + 4, true);
    if (addLo === ALL_ONES && addHi === ALL_ONES) return -EINVAL;
    const lo = this.#lo + addLo;
    const newLo = lo >>> 0;
    const newHi = this.#hi + addHi + (lo > ALL_ONES ? 1 : 0);
    if (newHi > ALL_ONES || (newHi === ALL_ONES && newLo === ALL_ONES)) return -EAGAIN;
    this.#lo = newLo;
    this.#hi = newHi;
    file.ready = this.poll();
    file.wake(POLLIN);
    return 8;
  }

  poll(): number {
    const some = this.#lo !== 0 || this.#hi !== 0;
    const full = this.#hi === ALL_ONES && this.#lo === ALL_ONES - 1;
    return (some ? POLLIN : 0) | (full ? 0 : POLLOUT);
  }

  amount(): number {
    return this.#hi * 2 ** 32 + this.#lo;
  }

  release(): void {}
}

/** eventfd(2). Returns the file, or -EINVAL. */
export function newEventFd(initval: number, flags: number): OpenFile | number {
  if ((flags & ~(EFD_SEMAPHORE | O_NONBLOCK | O_CLOEXEC)) !== 0) return -EINVAL;
  const node = new EventFd(initval, (flags & EFD_SEMAPHORE) !== 0);
  return new OpenFile(node, O_RDWR | (flags & O_NONBLOCK), node.poll(), true);
}
