import type { WakeHandle } from '../aio/handles.ts';
import type { Inbox } from '../aio/wake/inbox.ts';
import { EAGAIN, EINTR, HostError } from '../host/errno.ts';
import type { Host, HostBuffer } from '../host/host.ts';
import { EV } from '../trace/catalogue.ts';
import { TRACEABLE } from '../trace/traceable.ts';
import type { Tracer } from '../trace/tracer.ts';

const T_NOTIFY = EV.aio_notify;

/** Wakes the home thread of a context, from any thread. */
export class Waker {
  readonly #host: Host;
  readonly #fd: number;
  readonly #name: string;
  readonly #inbox: Inbox;
  /** The number 1, for the eventfd; made at the first write. */
  #one: HostBuffer | null = null;

  constructor(host: Host, handle: WakeHandle, inbox: Inbox) {
    this.#host = host;
    this.#fd = handle.wakeFd;
    this.#name = handle.name;
    this.#inbox = inbox;
  }

  /** Announces that there is something to look at. QEMU: aio_notify. */
  notify(trace: Tracer): void {
    // In this order: explore inbox-notify --without publish-first
    this.#inbox.setNotified();
    this.wake(trace);
  }

  /** notify, and makes the context take what this thread has set for it. */
  notifySettings(trace: Tracer): void {
    // In this order: explore inbox-settings --without publish-first,
    // explore aio_context-settings --without publish-first
    this.#inbox.setSettings();
    this.wake(trace);
  }

  /** Gives the context what stands in a slot that is this thread's. */
  push(slot: number, trace: Tracer): void {
    // In this order: explore inbox-call --without publish-first
    this.#inbox.push(slot);
    this.wake(trace);
  }

  /**
   * Work was published: ends the sleep of the home thread, if it sleeps and nobody else does.
   * @param trace of this thread
   */
  wake(trace: Tracer): void {
    const notifyMe = this.#inbox.claim();
    // Before the sleep can end, so that the event comes before the wake-up.
    if (TRACEABLE && trace.active && trace.on[T_NOTIFY] !== 0) {
      trace.emit(T_NOTIFY, this.#name, notifyMe, notifyMe === 0 ? 0 : 1, 0);
    }
    if (notifyMe !== 0) this.#write();
  }

  #write(): void {
    this.#one ??= one(this.#host);
    let ret: number;
    do {
      ret = this.#host.write(this.#fd, this.#one, 0, 8);
    } while (ret === -EINTR);
    this.#inbox.written();
    // With EAGAIN it is readable already.
    if (ret < 0 && ret !== -EAGAIN)
      throw new HostError(ret, `write of context ${this.#name}'s eventfd`);
  }
}

function one(host: Host): HostBuffer {
  const buffer = host.alloc(8);
  buffer.i32[0] = 1;
  return buffer;
}
