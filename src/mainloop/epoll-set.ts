import type { AioHandler } from '../aio/handler.ts';
import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, O_CLOEXEC } from '../host/constants.ts';
import { EEXIST, ENOENT } from '../host/errno.ts';
import type { Host, HostBuffer } from '../host/host.ts';

const MIN_EVENTS = 128;

/**
 * The main loop's epoll. Changes are kept until the next wait, so that handlers
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

  /** Null where there is no epoll, or it refuses one of the records. */
  static create(host: Host, records: Iterable<AioHandler>): EpollSet | null {
    const epollfd = host.epollCreate1(O_CLOEXEC);
    if (epollfd < 0) return null;
    const set = new EpollSet(host, epollfd);
    for (const record of records) {
      if (!set.add(record)) {
        set.close();
        return null;
      }
    }
    if (set.flush()) return set;
    set.close();
    return null;
  }

  /** Returns false where epoll cannot do it: the fd is watched by another context too. */
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

  /** An fd is being closed, so the kernel forgets it. Returns false where it is still wanted. */
  closed(fd: number): boolean {
    this.#told.delete(fd);
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

  /** Waits, and hands what is ready to its contexts. Returns how many, or -errno. */
  wait(timeoutNs: number): number {
    const host = this.#host;
    const stride = host.epollStride;
    const fdWord = host.epollDataWord;
    const max = Math.max(MIN_EVENTS, this.#wanted.size);
    if (max * stride * 4 > this.events.size) this.events = host.alloc(2 * max * stride * 4);
    const ret = host.epollWait(this.#epollfd, this.events, max, timeoutNs);
    const words = this.events.i32;
    for (let i = 0; i < ret; i++) {
      const record = this.#wanted.get(words[i * stride + fdWord]!);
      if (record !== undefined && record.token === words[i * stride + fdWord + 1]!) {
        record.owner.setRevents(record, words[i * stride]!);
      }
    }
    return ret;
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
