import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, O_CLOEXEC } from '../host/constants.ts';
import type { Host, HostBuffer } from '../host/host.ts';
import { EV } from '../trace/catalogue.ts';
import type { Tracer } from '../trace/tracer.ts';
import type { FdMon, FdMonOwner } from './fdmon.ts';
import type { AioHandler, ReadyList } from './handler.ts';
import { epollText } from './ready-text.ts';

const T_ENTER = EV.poll_enter;
const T_RETURN = EV.poll_return;

/** Events that one epoll_wait takes; the rest comes in the next. QEMU has the same number. */
const MAX_EVENTS = 128;

/**
 * Waits with epoll(7), whose cost does not grow with idle fds. Whatever it
 * refuses (a regular file, an fd that was closed before its handler was
 * removed) sends the context back to poll for good. QEMU: fdmon-epoll.c.
 */
export class FdMonEpoll implements FdMon {
  readonly kind = 'epoll';
  readonly #owner: FdMonOwner;
  readonly #host: Host;
  readonly #trace: Tracer;
  readonly #fallback: FdMon;
  readonly #events: HostBuffer;
  #epollfd: number;

  private constructor(
    owner: FdMonOwner,
    host: Host,
    trace: Tracer,
    fallback: FdMon,
    epollfd: number,
  ) {
    this.#owner = owner;
    this.#host = host;
    this.#trace = trace;
    this.#fallback = fallback;
    this.#epollfd = epollfd;
    this.#events = host.alloc(MAX_EVENTS * host.epollStride * 4);
  }

  /**
   * An epoll that watches all handlers of the context, or null where there is
   * none or it refuses one of them. QEMU: fdmon_epoll_try_enable.
   */
  static create(owner: FdMonOwner, host: Host, trace: Tracer, fallback: FdMon): FdMonEpoll | null {
    const epollfd = host.epollCreate1(O_CLOEXEC);
    if (epollfd < 0) return null;
    // Newest first: those that are ready already then come in order of registration.
    for (const node of [...owner.handlers.values()].reverse()) {
      if (node.events === 0) continue;
      if (host.epollCtl(epollfd, EPOLL_CTL_ADD, node.fd, node.events, node.token) < 0) {
        host.close(epollfd);
        return null;
      }
    }
    return new FdMonEpoll(owner, host, trace, fallback, epollfd);
  }

  update(old: AioHandler | null, next: AioHandler | null): void {
    const node = (next ?? old)!;
    const op = next === null ? EPOLL_CTL_DEL : old === null ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (this.#host.epollCtl(this.#epollfd, op, node.fd, node.events, node.token) < 0) {
      this.#owner.downgrade();
    }
  }

  wait(ready: ReadyList, timeoutNs: number): number {
    if (this.#owner.externalDisableCount > 0) return this.#fallback.wait(ready, timeoutNs);
    const host = this.#host;
    if (this.#trace.on[T_ENTER] !== 0) {
      this.#trace.emit(T_ENTER, 'epoll_wait', this.#owner.handlers.size, timeoutNs);
    }
    const ret = host.epollWait(this.#epollfd, this.#events, MAX_EVENTS, timeoutNs);
    const stride = host.epollStride;
    const fdWord = host.epollDataWord;
    if (this.#trace.on[T_RETURN] !== 0) {
      this.#trace.emit(T_RETURN, 'epoll_wait', ret, epollText(this.#events, ret, stride, fdWord));
    }
    const words = this.#events.i32;
    const handlers = this.#owner.handlers;
    for (let i = 0; i < ret; i++) {
      const at = i * stride;
      const node = handlers.get(words[at + fdWord]!);
      // The token tells an event of an fd's former life, kept open by a duplicate.
      if (node !== undefined && (node.token | 0) === words[at + fdWord + 1]!) {
        ready.add(node, words[at]!);
      }
    }
    return ret;
  }

  close(): void {
    if (this.#epollfd < 0) return;
    this.#host.close(this.#epollfd);
    this.#epollfd = -1;
  }
}
