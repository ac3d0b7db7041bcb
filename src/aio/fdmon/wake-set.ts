import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, O_CLOEXEC } from '../../host/constants.ts';
import type { Host } from '../../host/host.ts';
import type { PollRecord } from '../handler.ts';

/** A handler or a record: whatever has a descriptor, and events to wait for. */
type Watched = Pick<PollRecord, 'fd' | 'events'>;

/**
 * An epoll that only says when to call poll(2), for sets that PollSet cannot keep in an epoll of
 * their own: two handlers for one fd, or descriptors of poll notifiers. Level-triggered, and its
 * reports are never read.
 */
export class WakeSet {
  readonly #host: Host;
  readonly #epollfd: number;
  /** The events that the kernel watches, by fd. */
  #inKernel = new Map<number, number>();

  private constructor(host: Host, epollfd: number) {
    this.#host = host;
    this.#epollfd = epollfd;
  }

  /** Null if there is no epoll, or no descriptor for it. */
  static create(host: Host): WakeSet | null {
    const epollfd = host.epollCreate1(O_CLOEXEC);
    return epollfd < 0 ? null : new WakeSet(host, epollfd);
  }

  /** Returns the epoll, or -1 if a descriptor is always ready for poll: a file, or a closed one. */
  watchFd(records: Iterable<Watched>, extra: readonly Watched[]): number {
    const wanted = new Map<number, number>();
    for (const each of [records, extra]) {
      for (const { fd, events } of each) {
        if (fd >= 0) wanted.set(fd, (wanted.get(fd) ?? 0) | events);
      }
    }
    for (const fd of this.#inKernel.keys()) if (!wanted.has(fd)) this.#ctl(EPOLL_CTL_DEL, fd, 0);
    for (const [fd, events] of wanted) {
      const known = this.#inKernel.get(fd);
      if (known === events) continue;
      const op = known === undefined ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
      if (this.#ctl(op, fd, events) < 0) return -1;
    }
    return this.#epollfd;
  }

  /** An fd is about to be closed. Returns whether it was watched. */
  closed(fd: number): boolean {
    const watched = this.#inKernel.has(fd);
    if (watched) this.#ctl(EPOLL_CTL_DEL, fd, 0);
    return watched;
  }

  close(): void {
    this.#host.close(this.#epollfd);
  }

  #ctl(op: number, fd: number, events: number): number {
    const ret = this.#host.epollCtl(this.#epollfd, op, fd, events, 0);
    if (op === EPOLL_CTL_DEL || ret < 0) this.#inKernel.delete(fd);
    else this.#inKernel.set(fd, events);
    return ret;
  }
}
