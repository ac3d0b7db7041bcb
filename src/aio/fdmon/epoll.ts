import { EPOLL_CTL_DEL, EPOLLET, O_CLOEXEC } from '../../host/constants.ts';
import type { Host, HostBuffer } from '../../host/host.ts';
import type { AioHandler } from '../handler.ts';
import type { EdgeMonitor, EdgeNotifiers } from './edges.ts';
import { epollText } from './ready-text.ts';

/** Events that there is room for at least. */
export const MIN_EVENTS = 128;

/**
 * An epoll of handlers. Event notifiers are edge-triggered in it (see
 * EdgeNotifiers), all else is level-triggered, as poll is.
 */
export class Epoll implements EdgeMonitor {
  readonly #host: Host;
  readonly #epollfd: number;
  readonly #edges: readonly EdgeNotifiers[];
  readonly #watched: ReadonlyMap<number, AioHandler>;
  #events: HostBuffer;

  private constructor(
    host: Host,
    epollfd: number,
    edges: readonly EdgeNotifiers[],
    watched: ReadonlyMap<number, AioHandler>,
  ) {
    this.#host = host;
    this.#epollfd = epollfd;
    this.#edges = edges;
    this.#watched = watched;
    this.#events = host.alloc(MIN_EVENTS * host.epollStride * 4);
  }

  /**
   * Null where there is no epoll, or no descriptor for it.
   * @param edges whose notifiers may be in it
   * @param watched what is in it, by fd; the caller keeps it so
   */
  static create(
    host: Host,
    edges: readonly EdgeNotifiers[],
    watched: ReadonlyMap<number, AioHandler>,
  ): Epoll | null {
    const epollfd = host.epollCreate1(O_CLOEXEC);
    return epollfd < 0 ? null : new Epoll(host, epollfd, edges, watched);
  }

  watches(handler: AioHandler): boolean {
    return this.#watched.get(handler.fd) === handler;
  }

  /** Returns 0 or -errno. */
  ctl(op: number, handler: AioHandler): number {
    const { fd, events, token, notifier } = handler;
    // What is to be watched anew is told of at once where it is readable: it must be rightly so.
    if (notifier !== null) handler.owner.edges.pay(notifier);
    const how = notifier === null ? events : events | EPOLLET;
    return this.#host.epollCtl(this.#epollfd, op, fd, how, token);
  }

  /** That the kernel has forgotten the fd already is no error. */
  delete(fd: number): void {
    this.#host.epollCtl(this.#epollfd, EPOLL_CTL_DEL, fd, 0, 0);
  }

  /** Waits. Returns how many events there are to collect, or -errno. */
  wait(maxEvents: number, timeoutNs: number): number {
    const host = this.#host;
    if (maxEvents * host.epollStride * 4 > this.#events.size) {
      this.#events = host.alloc(2 * maxEvents * host.epollStride * 4);
    }
    let sleepNs = timeoutNs;
    for (let i = 0; i < this.#edges.length; i++) {
      if (this.#edges[i]!.begin(this)) sleepNs = 0;
    }
    return host.epollWait(this.#epollfd, this.#events, maxEvents, sleepNs);
  }

  /** Sets the revents of what the wait has found, and puts it into `ready`. Returns how many. */
  collect(events: number, ready: AioHandler[]): number {
    const stride = this.#host.epollStride;
    const fdWord = this.#host.epollDataWord;
    const words = this.#events.i32;
    const edges = this.#edges;
    let latched = 0;
    for (let i = 0; i < edges.length; i++) latched += edges[i]!.latchedCount;
    let count = 0;
    for (let at = 0; at < events * stride; at += stride) {
      const handler = this.#watched.get(words[at + fdWord]!);
      // The token tells an event of an fd's former life, kept open by a duplicate.
      if (handler === undefined || (handler.token | 0) !== words[at + fdWord + 1]!) continue;
      handler.revents = words[at]!;
      if (handler.notifier !== null) handler.owner.edges.report(handler);
      ready[count++] = handler;
    }
    if (latched === 0) return count;
    for (let i = 0; i < edges.length; i++) count = edges[i]!.collectLatched(ready, count);
    return count;
  }

  /** The fds of the first `events` events, for traces. */
  text(events: number): string {
    return epollText(this.#events, events, this.#host.epollStride, this.#host.epollDataWord);
  }

  close(): void {
    this.#host.close(this.#epollfd);
  }
}
