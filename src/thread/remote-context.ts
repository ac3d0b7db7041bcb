import { assertionFailed, goneSince } from '../aio/abort.ts';
import { EntryNames } from '../aio/entry-names.ts';
import { type ContextHandle, checkHandle } from '../aio/handles.ts';
import { PROFILES } from '../aio/profile.ts';
import { Calls, MOST_NUMBERS } from '../aio/wake/calls.ts';
import type { Inbox } from '../aio/wake/inbox.ts';
import { checkHost, shown } from '../host/arguments.ts';
import type { Host } from '../host/host.ts';
import { BH_ONESHOT, BH_SCHEDULED } from '../trace/bh-flags.ts';
import { EV } from '../trace/catalogue.ts';
import type { Tracer } from '../trace/tracer.ts';
import type { RemoteOptions } from './remote-bottom-half.ts';
import { RemoteLink } from './remote-link.ts';
import type { Waker } from './waker.ts';

const T_ENQUEUE = EV.aio_bh_enqueue;

/** An AioContext of any thread, for any thread: also for its own. */
export class RemoteContext {
  /** As in traces. */
  readonly name: string;
  readonly handle: ContextHandle;
  readonly #inbox: Inbox;
  readonly #waker: Waker;
  readonly #calls: Calls;
  readonly #entries: EntryNames;
  readonly #trace: Tracer;

  /**
   * @param host this thread's
   * @throws TypeError if the handle is not one of AioContext.share
   */
  static from(handle: ContextHandle, host: Host, options: RemoteOptions = {}): RemoteContext {
    checkHandle(handle, 'context', 'RemoteContext.from');
    checkHost(host, 'RemoteContext.from');
    return new RemoteContext(handle, RemoteLink.of(host, handle), options.trace);
  }

  private constructor(handle: ContextHandle, link: RemoteLink, trace: Tracer | undefined) {
    this.name = handle.name;
    this.handle = handle;
    this.#inbox = link.inbox;
    this.#waker = link.waker;
    this.#calls = new Calls(handle.calls, link.words);
    this.#entries = new EntryNames(handle.names);
    this.#trace = trace ?? link.silent;
  }

  /** Makes the context check for work, and not sleep before. QEMU: aio_notify. */
  notify(): void {
    this.#waker.notify(this.#trace);
  }

  /**
   * As AioContext.disableExternal: from now on no external handler is called; one that is running goes
   * on.
   * @throws QemuAbort if the context is one of QEMU 11, which has no such function. QEMU: aio_disable_external.
   */
  disableExternal(): void {
    if (!this.#hasExternal) throw goneSince('8.1', 'aio_disable_external');
    this.#inbox.disableExternal();
  }

  /**
   * As AioContext.enableExternal.
   * @throws QemuAbort if disableExternal was not called as often, and as that. QEMU: aio_enable_external.
   */
  enableExternal(): void {
    if (!this.#hasExternal) throw goneSince('8.1', 'aio_enable_external');
    if (this.#inbox.externalDisabled <= 0) throw assertionFailed('aio_enable_external', 'old > 0');
    if (this.#inbox.enableExternal() === 1) this.notify();
  }

  get #hasExternal(): boolean {
    return PROFILES[this.handle.qemu].hasExternal;
  }

  /** notify, and makes the context take what this thread has set for it. @internal */
  notifySettings(): void {
    this.#waker.notifySettings(this.#trace);
  }

  /**
   * Calls an entry of the context, in its home thread, in the context's next round of bottom halves.
   * Returns false if the context is closed. QEMU: aio_bh_schedule_oneshot.
   * @param entry the name that AioContext.newEntry was given
   * @param numbers its arguments, up to six
   * @throws RangeError if there is no such entry, or there are more than six numbers; TypeError if
   *   one is no number; Error if a quarter million calls have not run yet
   */
  scheduleOneshot(entry: string, ...numbers: number[]): boolean {
    const number = this.#entries.find(entry);
    if (number < 0) throw this.#unknown(entry);
    if (numbers.length > MOST_NUMBERS) {
      throw new RangeError(`entry '${entry}': ${numbers.length} numbers: expected up to 6`);
    }
    for (let i = 0; i < numbers.length; i++) {
      if (typeof numbers[i] !== 'number') throw notNumber(entry, numbers[i]);
    }
    if (this.#inbox.isClosed) return false;
    const call = this.#calls.take(number, numbers);
    if (call < 0) throw new Error(`entry '${entry}': too many calls have not run yet`);
    if (this.#trace.on[T_ENQUEUE] !== 0) {
      this.#trace.emit(T_ENQUEUE, this.name, entry, 0, BH_SCHEDULED | BH_ONESHOT, call);
    }
    this.#waker.push(call, this.#trace);
    return true;
  }

  #unknown(entry: string): RangeError {
    const known = this.#entries.list.map((name) => `'${name}'`).join(', ');
    return new RangeError(
      `context '${this.name}' has no entry ${shown(entry)}: it has ${known === '' ? 'none' : known}`,
    );
  }

  /**
   * notify_me of the context while it sleeps and nobody has ended that: 2 in aio_poll, 1 in a main
   * loop; otherwise 0, and a notification costs no system call. It stands for
   * AioContext's notify_me in QEMU.
   */
  get notifyMe(): number {
    return this.#inbox.notifyMe;
  }

  /** Whether a notification is kept for the context's next round. It stands for ctx->notified of QEMU. */
  get notified(): boolean {
    return this.#inbox.hasWork;
  }
}

function notNumber(entry: string, value: unknown): TypeError {
  const instead = 'other values go by shared memory, or by a MessageBox';
  return new TypeError(`entry '${entry}': ${shown(value)} is no number: ${instead}`);
}
