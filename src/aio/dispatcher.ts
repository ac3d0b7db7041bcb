import { POLLERR, POLLHUP, POLLIN, POLLOUT } from '../host/constants.ts';
import { EV } from '../trace/catalogue.ts';
import { TRACEABLE } from '../trace/traceable.ts';
import type { Tracer } from '../trace/tracer.ts';
import { type AioHandler, type IOHandler, ReadyList, sortNewestFirst } from './handler.ts';
import type { HandlerTable } from './handler-table.ts';
import type { AdaptivePolling } from './polling.ts';

const T_FD_BEGIN = EV.fd_handler_begin;
const T_FD_END = EV.fd_handler_end;

const READ_EVENTS = POLLIN | POLLHUP | POLLERR;
const WRITE_EVENTS = POLLOUT | POLLERR;

/** The parts of its context that the dispatcher needs. */
export interface DispatchOwner {
  readonly name: string;
  readonly trace: Tracer;
  readonly polling: AdaptivePolling;
  isHeldBack(handler: AioHandler): boolean;
}

/**
 * Calls the ready fd handlers of a context.
 *
 * Invariants:
 *  D1. Handlers are called only by #dispatch, which checks `deleted` right before each call: a
 *      removed handler is not called, even in this round.
 *  D2. A handler set during a round has no revents, so it is not called before the next poll.
 *  D3. Rounds nest, each with a ready list of its own. A callback that throws ends its round; the
 *      next poll finds the rest of the round again.
 *  D4. A handler has one `revents`, whoever found it. A main loop's poll sets it for every fd,
 *      including those that an outer round has found and not called yet.
 */
export class Dispatcher {
  protected readonly owner: DispatchOwner;
  readonly #table: HandlerTable;
  /** A ready list for each depth of nesting, kept for reuse. */
  readonly #lists: ReadyList[] = [];
  #depth = 0;
  /** Handlers whose revents a main loop's poll has set, from 0 to #pendingCount - 1. */
  readonly #pending: AioHandler[] = [];
  #pendingCount = 0;
  /** Incremented on each change of the pending handlers. */
  #pendingVersion = 0;

  constructor(owner: DispatchOwner, table: HandlerTable) {
    this.owner = owner;
    this.#table = table;
  }

  /** Begins a round; leaveRound must follow, even after an error. */
  enterRound(): ReadyList {
    let ready = this.#lists[this.#depth];
    if (ready === undefined) {
      ready = new ReadyList();
      this.#lists.push(ready);
    }
    this.#depth++;
    return ready;
  }

  leaveRound(ready: ReadyList): void {
    this.#depth--;
    if (!ready.isEmpty) ready.drop();
  }

  /**
   * Calls the handlers on the list. Returns whether that was progress. QEMU:
   * aio_dispatch_ready_handlers.
   */
  dispatchReady(ready: ReadyList): boolean {
    let progress = false;
    for (let handler = ready.take(); handler !== null; handler = ready.take()) {
      if (this.#dispatch(handler)) progress = true;
    }
    return progress;
  }

  /** Whether a round is running inside another. QEMU: the count of ctx->list_lock above 1. */
  get isNested(): boolean {
    return this.#depth > 1;
  }

  /** A main loop is about to wait. QEMU: aio_prepare. */
  prepare(): void {
    this.owner.polling.stopForSource();
  }

  /** A new poll of a main loop begins: earlier results no longer count (D4). */
  clearRevents(): void {
    this.forgetPending();
    for (let i = 0; i < this.#depth; i++) this.#lists[i]!.clearRevents();
  }

  /** The part of clearRevents for what a main loop's poll has found. */
  protected forgetPending(): void {
    for (let i = 0; i < this.#pendingCount; i++) this.#pending[i]!.revents = 0;
    this.#pendingCount = 0;
    this.#pendingVersion++;
  }

  /** A main loop's poll has found a handler's fd ready. */
  addPending(handler: AioHandler, revents: number): void {
    handler.revents = revents;
    this.#pending[this.#pendingCount++] = handler;
    this.#pendingVersion++;
  }

  /** Whether a main loop's poll found a handler that will be called. QEMU: aio_pending. */
  anyPending(): boolean {
    for (let i = 0; i < this.#pendingCount; i++) {
      const handler = this.#pending[i]!;
      const revents = handler.revents & handler.events;
      if (revents === 0 || this.owner.isHeldBack(handler)) continue;
      if ((revents & READ_EVENTS) !== 0 && handler.ioRead !== null) return true;
      if ((revents & WRITE_EVENTS) !== 0 && handler.ioWrite !== null) return true;
    }
    return false;
  }

  /**
   * Calls the handlers that a main loop's poll found, newest registration first. QEMU walks over
   * all handlers: if a nested iteration changes the pending ones, the walk goes on from where it
   * was. Must be called in a round. QEMU: aio_dispatch_handlers.
   * @param _ready the round's list, for those that collect first
   */
  dispatchPending(_ready: ReadyList): void {
    this.#table.startPollingAll();
    const pending = this.#pending;
    let version = this.#sortPending();
    let isDone = false;
    try {
      for (let i = 0; i < this.#pendingCount; ) {
        const handler = pending[i++]!;
        // A handler that a nested round has called has neither any more.
        if (handler.revents === 0 && !handler.pollReady) continue;
        this.#dispatch(handler);
        if (version === this.#pendingVersion) continue;
        version = this.#sortPending();
        i = 0;
        while (i < this.#pendingCount && pending[i]!.token >= handler.token) i++;
      }
      isDone = true;
    } finally {
      // D3.
      if (!isDone) this.clearRevents();
    }
  }

  /**
   * Sorts newest first, including those that user-space polling left ready. Returns their version.
   */
  #sortPending(): number {
    const pending = this.#pending;
    this.#pendingCount = this.owner.polling.collectReady(pending, this.#pendingCount);
    if (this.#pendingCount > 1) sortNewestFirst(pending, this.#pendingCount);
    return this.#pendingVersion;
  }

  /** Moves the handlers that a main loop's poll found to a list, which calls the oldest first. */
  protected movePending(ready: ReadyList): void {
    this.#sortPending();
    const count = this.#pendingCount;
    this.#pendingCount = 0;
    this.#pendingVersion++;
    for (let i = 0; i < count; i++) {
      const handler = this.#pending[i]!;
      // A poll of a bottom half has called it.
      if (handler.revents !== 0) ready.add(handler, handler.revents);
      else if (handler.pollReady) ready.addPollReady(handler);
    }
  }

  /** D1. QEMU: aio_dispatch_handler. */
  #dispatch(handler: AioHandler): boolean {
    const revents = handler.revents & handler.events;
    const pollReady = handler.pollReady;
    handler.revents = 0;
    handler.pollReady = false;
    if (handler.deleted) return false;
    if (handler.ioPoll !== null && !handler.polled) this.#table.startPolling(handler, revents);
    if (this.owner.isHeldBack(handler)) return false;
    if (pollReady && revents === 0 && handler.ioPollReady !== null) {
      this.#call(handler, handler.ioPollReady, 0);
      return !handler.isOwnNotifier;
    }
    let progress = false;
    if ((revents & READ_EVENTS) !== 0 && handler.ioRead !== null) {
      this.#call(handler, handler.ioRead, revents);
      if (!handler.isOwnNotifier) progress = true;
    }
    const writes = (revents & WRITE_EVENTS) !== 0 && handler.ioWrite !== null;
    if (writes && !handler.deleted && !this.owner.isHeldBack(handler)) {
      this.#call(handler, handler.ioWrite!, revents);
      progress = true;
    }
    return progress;
  }

  #call(handler: AioHandler, callback: IOHandler<unknown>, revents: number): void {
    handler.calls++;
    if (TRACEABLE && this.owner.trace.active) this.#tracedCall(handler, callback, revents);
    else callback(handler.opaque);
  }

  #tracedCall(handler: AioHandler, callback: IOHandler<unknown>, revents: number): void {
    const { trace, name } = this.owner;
    if (trace.on[T_FD_BEGIN] !== 0) trace.emit(T_FD_BEGIN, name, handler.fd, revents, handler.name);
    callback(handler.opaque);
    if (trace.on[T_FD_END] !== 0) trace.emit(T_FD_END, name, handler.fd, handler.name);
  }
}
