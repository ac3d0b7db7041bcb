import { EPOLL_CTL_DEL, EPOLLET, O_CLOEXEC, POLLIN } from '../host/constants.ts';
import type { Host, HostBuffer } from '../host/host.ts';
import type { EdgeNotifiers } from './edges.ts';
import type { AioHandler } from './handler.ts';
import { epollText } from './ready-text.ts';

/**
 * An epoll of handlers. Event notifiers are edge-triggered in it (see
 * EdgeNotifiers), all else is level-triggered, as poll is.
 */
export class Epoll {
  readonly #host: Host;
  readonly #epollfd: number;
  /** Whose notifiers may be in it. */
  readonly #edges: readonly EdgeNotifiers[];
  events: HostBuffer;

  private constructor(host: Host, epollfd: number, edges: readonly EdgeNotifiers[], max: number) {
    this.#host = host;
    this.#epollfd = epollfd;
    this.#edges = edges;
    this.events = host.alloc(max * host.epollStride * 4);
  }

  /** Null where there is no epoll, or no descriptor for it. */
  static create(host: Host, edges: readonly EdgeNotifiers[], max: number): Epoll | null {
    const epollfd = host.epollCreate1(O_CLOEXEC);
    return epollfd < 0 ? null : new Epoll(host, epollfd, edges, max);
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
    if (maxEvents * host.epollStride * 4 > this.events.size) {
      this.events = host.alloc(2 * maxEvents * host.epollStride * 4);
    }
    let sleepNs = timeoutNs;
    for (let i = 0; i < this.#edges.length; i++) {
      this.#edges[i]!.begin(this);
      if (this.#edges[i]!.anyLatched()) sleepNs = 0;
    }
    return host.epollWait(this.#epollfd, this.events, maxEvents, sleepNs);
  }

  /** Sets the revents of what the wait has found, and puts it into `ready`. Returns how many. */
  collect(events: number, handlers: ReadonlyMap<number, AioHandler>, ready: AioHandler[]): number {
    let count = 0;
    for (let i = 0; i < this.#edges.length; i++) {
      count = this.#edges[i]!.collectLatched(ready, count);
    }
    for (let i = 0; i < count; i++) ready[i]!.revents = POLLIN;
    const stride = this.#host.epollStride;
    const fdWord = this.#host.epollDataWord;
    const words = this.events.i32;
    for (let at = 0; at < events * stride; at += stride) {
      const handler = handlers.get(words[at + fdWord]!);
      // The token tells an event of an fd's former life, kept open by a duplicate.
      if (handler === undefined || (handler.token | 0) !== words[at + fdWord + 1]!) continue;
      if (handler.notifier !== null) {
        // It stands among the first already.
        if (handler.notifier.latched) continue;
        handler.owner.edges.report(handler);
      }
      handler.revents = words[at]!;
      ready[count++] = handler;
    }
    return count;
  }

  /** The fds of the first `events` events, for traces. */
  text(events: number): string {
    return epollText(this.events, events, this.#host.epollStride, this.#host.epollDataWord);
  }

  close(): void {
    this.#host.close(this.#epollfd);
  }
}
