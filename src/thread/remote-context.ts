import { type ContextHandle, checkHandle } from '../aio/handles.ts';
import { Inbox } from '../aio/wake/inbox.ts';
import { SharedWords } from '../aio/wake/shared-words.ts';
import { checkHost } from '../host/arguments.ts';
import type { Host } from '../host/host.ts';
import { Tracer } from '../trace/tracer.ts';
import type { RemoteOptions } from './remote-bottom-half.ts';
import { Waker } from './waker.ts';

/** An AioContext of any thread, for any thread: also for its own. */
export class RemoteContext {
  /** As in traces. */
  readonly name: string;
  readonly handle: ContextHandle;
  readonly #inbox: Inbox;
  readonly #waker: Waker;

  /**
   * @param host this thread's
   * @throws TypeError if the handle is not one of AioContext.share
   */
  static from(handle: ContextHandle, host: Host, options: RemoteOptions = {}): RemoteContext {
    checkHandle(handle, 'context', 'RemoteContext.from');
    checkHost(host, 'RemoteContext.from');
    return new RemoteContext(handle, host, options.trace ?? new Tracer());
  }

  private constructor(handle: ContextHandle, host: Host, trace: Tracer) {
    const words = new SharedWords();
    words.addChunk(0, handle.words);
    this.name = handle.name;
    this.handle = handle;
    this.#inbox = new Inbox(words);
    this.#waker = new Waker(host, handle, this.#inbox, trace);
  }

  /** Makes the context check for work, and not sleep before. QEMU: aio_notify. */
  notify(): void {
    this.#inbox.setNotified();
    this.#waker.wake();
  }

  /**
   * notify_me of the context while it sleeps and nobody has ended that: 2 in aio_poll, 1 in a main
   * loop; otherwise 0, and a notification costs no system call. It stands for
   * AioContext's notify_me in QEMU.
   */
  get notifyMe(): number {
    return this.#inbox.notifyMe;
  }
}
