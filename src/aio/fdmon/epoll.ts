import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLET, O_CLOEXEC } from '../../host/constants.ts';
import type { Host, HostBuffer } from '../../host/host.ts';
import type { AioHandler } from '../handler.ts';
import type { EdgeMonitor, EdgeNotifiers } from './edges.ts';
import { epollText } from './ready-text.ts';

/** The least room for events. */
export const MIN_EVENTS = 128;

/**
 * An epoll of handlers. Event notifiers are edge-triggered in it (see EdgeNotifiers), all other fds
 * level-triggered, as in poll; so are notifiers if it was made without edges.
 */
export class Epoll implements EdgeMonitor {
  readonly #host: Host;
  readonly #epollfd: number;
  readonly #edges: readonly EdgeNotifiers[];
  readonly #watched: ReadonlyMap<number, AioHandler>;
  #events: HostBuffer;
  /** A record that is not among the watched handlers; null if there is none. */
  #own: AioHandler | null = null;

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
   * Null if there is no epoll, or no descriptor for it.
   * @param edges of the contexts whose notifiers may be in it
   * @param watched the handlers in it, by fd, kept up to date by the caller
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

  get fd(): number {
    return this.#epollfd;
  }

  /** Returns 0 or -errno. */
  ctl(op: number, handler: AioHandler): number {
    const { fd, events, token, notifier } = handler;
    // A newly watched notifier is reported at once if it is readable: that must match its state.
    if (notifier !== null) handler.owner.edges.pay(notifier);
    const how = notifier === null || this.#edges.length === 0 ? events : events | EPOLLET;
    return this.#host.epollCtl(this.#epollfd, op, fd, how, token);
  }

  /** Watches a record that is none of the handlers. */
  addOwn(record: AioHandler): void {
    if (this.ctl(EPOLL_CTL_ADD, record) === 0) this.#own = record;
  }

  removeOwn(record: AioHandler): void {
    if (this.#own === record) this.delete(record.fd);
    this.#own = null;
  }

  #ownOf(fd: number): AioHandler | undefined {
    return this.#own?.fd === fd ? this.#own : undefined;
  }

  /** It is not an error if the kernel has already forgotten the fd. */
  delete(fd: number): void {
    this.#host.epollCtl(this.#epollfd, EPOLL_CTL_DEL, fd, 0, 0);
  }

  /** Waits. Returns the number of events to collect, or -errno. */
  wait(maxEvents: number, timeoutNs: number): number {
    const host = this.#host;
    if (maxEvents * host.epollStride * 4 > this.#events.size) {
      this.#events = host.alloc(2 * maxEvents * host.epollStride * 4);
    }
    const sleepNs = this.#begin() ? 0 : timeoutNs;
    return host.epollWait(this.#epollfd, this.#events, maxEvents, sleepNs);
  }

  /** A descriptor that is readable once a wait would find something; -1 if one would already. */
  watchFd(): number {
    return this.#begin() ? -1 : this.#epollfd;
  }

  /** A look begins. Returns whether it must not sleep. */
  #begin(): boolean {
    let any = false;
    for (let i = 0; i < this.#edges.length; i++) if (this.#edges[i]!.begin(this)) any = true;
    return any;
  }

  /** Sets the revents of the handlers found, and puts them into `ready`. Returns how many. */
  collect(events: number, ready: AioHandler[]): number {
    const stride = this.#host.epollStride;
    const fdWord = this.#host.epollDataWord;
    const words = this.#events.i32;
    const edges = this.#edges;
    let latched = 0;
    for (let i = 0; i < edges.length; i++) latched += edges[i]!.latchedCount;
    let count = 0;
    for (let at = 0; at < events * stride; at += stride) {
      const fd = words[at + fdWord]!;
      const handler = this.#watched.get(fd) ?? this.#ownOf(fd);
      // The token identifies an event of the fd's earlier file, kept open by a duplicate.
      if (handler === undefined || (handler.token | 0) !== words[at + fdWord + 1]!) continue;
      handler.revents = words[at]!;
      if (handler.notifier !== null && edges.length > 0) handler.owner.edges.report(handler);
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
