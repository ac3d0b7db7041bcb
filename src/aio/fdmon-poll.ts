import type { Host, HostBuffer } from '../host/host.ts';
import { EV } from '../trace/catalogue.ts';
import type { Tracer } from '../trace/tracer.ts';
import type { FdMon, FdMonOwner } from './fdmon.ts';
import type { AioHandler, ReadyList } from './handler.ts';
import { pollfdsText } from './ready-text.ts';

const T_ENTER = EV.poll_enter;
const T_RETURN = EV.poll_return;
const WORDS_PER_POLLFD = 2;
const BYTES_PER_POLLFD = 8;

/**
 * Waits with ppoll(2). The array of pollfds is kept from one poll to the next
 * and made anew only when a handler has changed. QEMU: fdmon-poll.c.
 */
export class FdMonPoll implements FdMon {
  readonly kind = 'poll';
  readonly #owner: FdMonOwner;
  readonly #host: Host;
  readonly #trace: Tracer;
  #buffer: HostBuffer;
  #nodes: AioHandler[] = [];
  #stale = true;
  #builtForExternal = false;

  constructor(owner: FdMonOwner, host: Host, trace: Tracer) {
    this.#owner = owner;
    this.#host = host;
    this.#trace = trace;
    this.#buffer = host.alloc(16 * BYTES_PER_POLLFD);
  }

  update(): void {
    this.#stale = true;
  }

  wait(ready: ReadyList, timeoutNs: number): number {
    const externalDisabled = this.#owner.externalDisableCount > 0;
    if (this.#stale || externalDisabled !== this.#builtForExternal) this.#rebuild(externalDisabled);
    const nodes = this.#nodes;
    const upgraded = this.#owner.upgrade(nodes.length);
    if (upgraded !== null) return upgraded.wait(ready, timeoutNs);

    if (this.#trace.on[T_ENTER] !== 0) this.#trace.emit(T_ENTER, 'ppoll', nodes.length, timeoutNs);
    const ret = this.#host.poll(this.#buffer, nodes.length, timeoutNs);
    if (this.#trace.on[T_RETURN] !== 0) {
      this.#trace.emit(T_RETURN, 'ppoll', ret, pollfdsText(this.#buffer, nodes.length, ret));
    }
    if (ret <= 0) return ret;
    // Newest first, so that the ready list, which turns them round, calls in order of registration.
    const words = this.#buffer.i32;
    for (let i = nodes.length - 1, left = ret; left > 0; i--) {
      const revents = words[i * WORDS_PER_POLLFD + 1]! >>> 16;
      if (revents !== 0) {
        left--;
        ready.add(nodes[i]!, revents);
      }
    }
    return ret;
  }

  close(): void {
    this.#nodes = [];
  }

  #rebuild(externalDisabled: boolean): void {
    const nodes: AioHandler[] = [];
    for (const node of this.#owner.handlers.values()) {
      if (node.events !== 0 && !(externalDisabled && node.isExternal)) nodes.push(node);
    }
    if (nodes.length * BYTES_PER_POLLFD > this.#buffer.size) {
      this.#buffer = this.#host.alloc(2 * nodes.length * BYTES_PER_POLLFD);
    }
    const words = this.#buffer.i32;
    for (let i = 0; i < nodes.length; i++) {
      words[i * WORDS_PER_POLLFD] = nodes[i]!.fd;
      words[i * WORDS_PER_POLLFD + 1] = nodes[i]!.events;
    }
    this.#nodes = nodes;
    this.#stale = false;
    this.#builtForExternal = externalDisabled;
  }
}
