import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, O_CLOEXEC } from '../host/constants.ts';
import { EEXIST, ENOENT } from '../host/errno.ts';
import type { Host, HostBuffer } from '../host/host.ts';
import type { AioHandler } from './handler.ts';

const MIN_EVENTS = 128;

/**
 * Handlers in an epoll. Changes are kept until the next flush, so that handlers
 * that are set and removed between two waits cost no system call.
 *
 * Invariant: but for the fds in #changed, the kernel's set is #wanted.
 */
export class EpollSet {
  readonly #host: Host;
  readonly #epollfd: number;
  /** What is to be watched, by fd. */
  readonly #wanted = new Map<number, AioHandler>();
  /** What the kernel was told, by fd. */
  readonly #told = new Map<number, AioHandler>();
  readonly #changed = new Set<number>();
  events: HostBuffer;

  private constructor(host: Host, epollfd: number) {
    this.#host = host;
    this.#epollfd = epollfd;
    this.events = host.alloc(MIN_EVENTS * host.epollStride * 4);
  }

  /** Null where there is no epoll, or no descriptor for it. */
  static create(host: Host): EpollSet | null {
    const epollfd = host.epollCreate1(O_CLOEXEC);
    return epollfd < 0 ? null : new EpollSet(host, epollfd);
  }

  /** Returns false where epoll cannot do it: another handler watches the fd too. */
  add(record: AioHandler): boolean {
    if (this.#wanted.has(record.fd)) return false;
    this.#wanted.set(record.fd, record);
    this.#changed.add(record.fd);
    return true;
  }

  remove(record: AioHandler): void {
    if (this.#wanted.get(record.fd) !== record) return;
    this.#wanted.delete(record.fd);
    this.#changed.add(record.fd);
  }

  /** An fd is about to be closed. Returns false where it is still wanted. */
  closed(fd: number): boolean {
    // A duplicate would keep the file in the kernel's set, ready for ever and out of our reach.
    if (this.#told.delete(fd)) this.#host.epollCtl(this.#epollfd, EPOLL_CTL_DEL, fd, 0, 0);
    return !this.#wanted.has(fd);
  }

  /** Tells the kernel what has changed. Returns false where it refuses. */
  flush(): boolean {
    if (this.#changed.size === 0) return true;
    for (const fd of this.#changed) {
      if (!this.#tell(fd)) return false;
    }
    this.#changed.clear();
    return true;
  }

  /** Waits. Returns how many events there are to collect, or -errno. */
  wait(timeoutNs: number): number {
    const host = this.#host;
    const max = Math.max(MIN_EVENTS, this.#wanted.size);
    if (max * host.epollStride * 4 > this.events.size) {
      this.events = host.alloc(2 * max * host.epollStride * 4);
    }
    return host.epollWait(this.#epollfd, this.events, max, timeoutNs);
  }

  /** Sets the revents of what the wait has found, and puts it into `ready`. Returns how many. */
  collect(events: number, ready: AioHandler[]): number {
    const stride = this.#host.epollStride;
    const fdWord = this.#host.epollDataWord;
    const words = this.events.i32;
    let count = 0;
    for (let at = 0; at < events * stride; at += stride) {
      const record = this.#wanted.get(words[at + fdWord]!);
      // The token tells an event of an fd's former life, kept open by a duplicate.
      if (record !== undefined && (record.token | 0) === words[at + fdWord + 1]!) {
        record.revents = words[at]!;
        ready[count++] = record;
      }
    }
    return count;
  }

  close(): void {
    this.#host.close(this.#epollfd);
  }

  #tell(fd: number): boolean {
    const wanted = this.#wanted.get(fd);
    const told = this.#told.get(fd);
    if (wanted === told) return true;
    if (wanted === undefined) {
      // That the kernel has forgotten it already is what we want.
      this.#host.epollCtl(this.#epollfd, EPOLL_CTL_DEL, fd, 0, 0);
      this.#told.delete(fd);
      return true;
    }
    const { events, token } = wanted;
    const op = told === undefined ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    let ret = this.#host.epollCtl(this.#epollfd, op, fd, events, token);
    // Somebody closed the fd behind our back, and the number is another file's now.
    if (ret === -ENOENT) ret = this.#host.epollCtl(this.#epollfd, EPOLL_CTL_ADD, fd, events, token);
    if (ret === -EEXIST) ret = this.#host.epollCtl(this.#epollfd, EPOLL_CTL_MOD, fd, events, token);
    if (ret < 0) return false;
    this.#told.set(fd, wanted);
    return true;
  }
}
