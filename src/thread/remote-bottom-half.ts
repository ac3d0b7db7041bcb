import { type BottomHalfHandle, checkHandle } from '../aio/handles.ts';
import { GONE, type Inbox } from '../aio/wake/inbox.ts';
import { checkHost } from '../host/arguments.ts';
import type { Host } from '../host/host.ts';
import { BH_DELETED, BH_IDLE, BH_SCHEDULED } from '../trace/bh-flags.ts';
import { EV } from '../trace/catalogue.ts';
import { TRACEABLE } from '../trace/traceable.ts';
import type { Tracer } from '../trace/tracer.ts';
import { RemoteLink } from './remote-link.ts';
import type { Waker } from './waker.ts';

const T_ENQUEUE = EV.aio_bh_enqueue;
const T_CANCEL = EV.qemu_bh_cancel;

export interface RemoteOptions {
  /** Takes the events of this thread; by default nobody does. */
  readonly trace?: Tracer;
}

/**
 * A bottom half of any context, for any thread: also for its own. The function is called in the
 * context's home thread; nothing here waits for it.
 *
 * If the bottom half has been deleted and freed, or its context was closed, all calls do nothing and
 * return false. QEMU's would touch freed memory.
 */
export class RemoteBottomHalf {
  /** Its name in traces and logs. */
  readonly name: string;
  readonly #handle: BottomHalfHandle;
  readonly #slot: number;
  readonly #generation: number;
  readonly #inbox: Inbox;
  readonly #waker: Waker;
  readonly #trace: Tracer;

  /**
   * @param host this thread's
   * @throws TypeError if the handle is not one of BottomHalf.share
   */
  static from(handle: BottomHalfHandle, host: Host, options: RemoteOptions = {}): RemoteBottomHalf {
    checkHandle(handle, 'bottom half', 'RemoteBottomHalf.from');
    checkHost(host, 'RemoteBottomHalf.from');
    return new RemoteBottomHalf(handle, RemoteLink.of(host, handle.context), options.trace);
  }

  private constructor(handle: BottomHalfHandle, link: RemoteLink, trace: Tracer | undefined) {
    link.addChunkOf(handle.slot, handle.words);
    this.#inbox = link.inbox;
    this.#waker = link.waker;
    this.#handle = handle;
    this.#slot = handle.slot;
    this.#generation = handle.generation;
    this.#trace = trace ?? link.silent;
    this.name = handle.name;
  }

  /** As BottomHalf.schedule. Returns whether the bottom half still exists. QEMU: qemu_bh_schedule. */
  schedule(): boolean {
    return this.#enqueue(BH_SCHEDULED);
  }

  /** As BottomHalf.scheduleIdle. QEMU: qemu_bh_schedule_idle. */
  scheduleIdle(): boolean {
    return this.#enqueue(BH_SCHEDULED | BH_IDLE);
  }

  /**
   * As BottomHalf.cancel. Does not wait, even if the function is being called. QEMU: qemu_bh_cancel.
   */
  cancel(): boolean {
    const { context, name, id } = this.#handle;
    if (this.#inbox.cancel(this.#slot, this.#generation) === GONE) return false;
    if (this.#trace.on[T_CANCEL] !== 0) this.#trace.emit(T_CANCEL, context.name, name, id);
    return true;
  }

  /**
   * As BottomHalf.delete: it is not called any more, except if that has begun. Its context frees it
   * in its next round. QEMU: qemu_bh_delete.
   */
  delete(): boolean {
    return this.#enqueue(BH_DELETED);
  }

  /** Whether it is to be called in the next round. */
  get scheduled(): boolean {
    return (this.#flags() & (BH_SCHEDULED | BH_DELETED)) === BH_SCHEDULED;
  }

  /** Whether it is not called any more: it was deleted, or its context was closed. */
  get deleted(): boolean {
    return (this.#flags() & BH_DELETED) !== 0;
  }

  #flags(): number {
    const flags = this.#inbox.flags(this.#slot, this.#generation);
    return flags === GONE ? BH_DELETED : flags;
  }

  #enqueue(flags: number): boolean {
    const inbox = this.#inbox;
    const slot = this.#slot;
    const trace = this.#trace;
    const old = inbox.mark(slot, this.#generation, flags);
    if (old === GONE) return false;
    // Before it can run.
    if (TRACEABLE && trace.active) this.#traceEnqueue(old, flags);
    // In this order: explore aio_context --without publish-first,
    // explore aio_context-nested --without publish-first, explore main_loop_wait --without publish-first
    inbox.publish(slot, old);
    this.#waker.wake(trace);
    return true;
  }

  #traceEnqueue(old: number, flags: number): void {
    if (this.#trace.on[T_ENQUEUE] === 0) return;
    const { context, name, id } = this.#handle;
    this.#trace.emit(T_ENQUEUE, context.name, name, old, flags, id);
  }
}
