import { POLLERR, POLLHUP, POLLIN, POLLOUT } from '../host/constants.ts';
import type { Disposable } from '../host/host.ts';
import type { EventNotifier, NotifierEdges } from './event-notifier.ts';

/** Called with the opaque value that was registered with it. QEMU: IOHandler. */
export type IOHandler<T> = (opaque: T) => void;
/** Tells, without a system call, whether there is an event. QEMU: AioPollFn. */
export type AioPollFn<T> = (opaque: T) => boolean;

/**
 * The functions to call when an fd becomes ready. QEMU: the arguments of aio_set_fd_handler.
 *
 * Remove them before closing the fd: otherwise each poll returns POLLNVAL at once, no handler is
 * called, and the loop spins. (QEMU does so, too.) An fd that is closed already is refused.
 */
export interface FdHandlers<T = undefined> {
  /** The fd is readable, hung up, or in error. */
  readonly ioRead?: IOHandler<T> | undefined;
  /** The fd is writable, or in error. */
  readonly ioWrite?: IOHandler<T> | undefined;
  /** Polls in user space; only together with ioPollReady. */
  readonly ioPoll?: AioPollFn<T> | undefined;
  /** ioPoll has seen an event. */
  readonly ioPollReady?: IOHandler<T> | undefined;
  /** Whether disableExternal holds it back. */
  readonly isExternal?: boolean | undefined;
  readonly opaque?: T;
  /** Its name in traces and tables. */
  readonly name?: string | undefined;
}

/** A file to poll: the fd, the wanted events, and the events that came. GLib: GPollFD. */
export interface PollRecord {
  readonly fd: number;
  /** The wanted POLL* events. Errors and hang-ups are reported without being asked for. */
  events: number;
  /** POLL* that came. */
  revents: number;
}

/** Takes part in a context's polling, as a main loop does for its contexts. */
export interface PollSink {
  addPoll(record: AioHandler): void;
  removePoll(record: AioHandler): void;
  /** Handlers among the records may be watched by their edges. */
  addEdges(edges: HandlerEdges): void;
  removeEdges(edges: HandlerEdges): void;
}

/** The notifiers of a context that are watched by their edges, and their handlers: EdgeNotifiers. */
export interface HandlerEdges extends NotifierEdges {
  /** An epoll has reported an edge. */
  report(handler: AioHandler): void;
}

/** The parts of its context that a registration needs. */
export interface HandlerOwner {
  readonly edges: HandlerEdges;
  readonly sleeper: { readonly isQuiet: boolean };
  removeHandler(handler: AioHandler): void;
  setRevents(handler: AioHandler, revents: number): void;
  /** Tells without a call whether its descriptor is readable; undefined if only the kernel knows. */
  readonly hasEvents?: (() => boolean) | undefined;
}

/**
 * One registration on an AioContext, and the handle that undoes it. QEMU: AioHandler.
 *
 * Setting other handlers for the same fd makes a new one. The old one, with `deleted` set, stays on
 * its lists as long as anybody walks them.
 */
export class AioHandler implements PollRecord, Disposable {
  readonly fd: number;
  readonly name: string;
  readonly ioRead: IOHandler<unknown> | null;
  readonly ioWrite: IOHandler<unknown> | null;
  /** A run on the simulated host makes that of the context's notifier take time. */
  ioPoll: AioPollFn<unknown> | null;
  readonly ioPollReady: IOHandler<unknown> | null;
  ioPollBegin: IOHandler<unknown> | null = null;
  ioPollEnd: IOHandler<unknown> | null = null;
  readonly isExternal: boolean;
  readonly opaque: unknown;
  /** Counts registrations; distinguishes a stale event of a reused fd from a new one. @internal */
  readonly token: number;
  /** Calls of the context's own notifier are not progress. */
  readonly isOwnNotifier: boolean;
  /** The context that it is registered on. @internal */
  readonly owner: HandlerOwner;
  /** The event notifier, if its edges are watched; null if the fd's level is. @internal */
  readonly notifier: EventNotifier | null;

  events: number;
  revents = 0;
  /** Whether ioPoll has seen an event that has not been handed on. @internal */
  pollReady = false;
  /** When polling it ends, unless an event comes; ns, 0 if not set yet. @internal */
  pollIdleTimeoutNs = 0;
  /** An average of how long polls took that found it ready, ns; 0 if there is none. See HandlerPolling. @internal */
  pollAverageNs = 0;
  /** Whether it is on the list of polled handlers. @internal */
  polled = false;
  deleted = false;
  /** The round whose ready list it is on; a nested round takes it over. @internal */
  readyList: ReadyList | null = null;
  calls = 0;
  /** The number of its last report in an epoll; see FdMonEpoll. @internal */
  reportSeq = 0;

  /** @internal */
  constructor(
    owner: HandlerOwner,
    fd: number,
    handlers: FdHandlers<unknown>,
    token: number,
    isOwnNotifier: boolean,
    notifier: EventNotifier | null = null,
  ) {
    this.owner = owner;
    this.notifier = notifier;
    this.fd = fd;
    this.name = handlers.name ?? `fd ${fd}`;
    this.ioRead = handlers.ioRead ?? null;
    this.ioWrite = handlers.ioWrite ?? null;
    // Polling is only useful with a handler for its result.
    const polls = handlers.ioPoll !== undefined && handlers.ioPollReady !== undefined;
    this.ioPoll = polls ? handlers.ioPoll : null;
    this.ioPollReady = polls ? handlers.ioPollReady : null;
    this.isExternal = handlers.isExternal ?? false;
    this.opaque = handlers.opaque;
    this.token = token;
    this.isOwnNotifier = isOwnNotifier;
    this.events =
      (this.ioRead !== null ? POLLIN | POLLHUP | POLLERR : 0) |
      (this.ioWrite !== null ? POLLOUT | POLLERR : 0);
  }

  /** Removes these handlers; does nothing if they have been replaced or removed since. */
  dispose(): void {
    this.owner.removeHandler(this);
  }
}

/**
 * The handlers that one poll found ready. QEMU inserts at the head, so they come off in the reverse
 * of the order in which the monitor found them.
 *
 * A handler is on one ready list at a time. A nested poll that finds it ready too takes it over;
 * the outer list then skips it.
 */
export class ReadyList {
  /** How long its wait took, ns, if pollNs is to be adapted once its handlers have run; otherwise -1. */
  blockNs = -1;
  /** The handlers from 0 to #count - 1; the array never shrinks, see BhList. */
  readonly #handlers: (AioHandler | null)[] = [];
  #count = 0;
  readonly #snapshot: AioHandler[] = [];

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** QEMU: aio_add_ready_handler. */
  add(handler: AioHandler, revents: number): void {
    handler.revents = revents;
    this.#push(handler);
  }

  /** QEMU: aio_add_poll_ready_handler. */
  addPollReady(handler: AioHandler): void {
    handler.pollReady = true;
    this.#push(handler);
  }

  /** The handler to call next, or null. */
  take(): AioHandler | null {
    while (this.#count > 0) {
      const handler = this.#handlers[--this.#count]!;
      this.#handlers[this.#count] = null;
      if (handler !== null && handler.readyList === this) {
        handler.readyList = null;
        return handler;
      }
    }
    return null;
  }

  /** Its handlers now; the array is used again. */
  snapshot(): readonly AioHandler[] {
    const list = this.#snapshot;
    list.length = 0;
    for (let i = 0; i < this.#count; i++) {
      const handler = this.#handlers[i]!;
      if (handler !== null && handler.readyList === this) list.push(handler);
    }
    return list;
  }

  /** A main loop has polled again: of these handlers, only those it finds are ready. */
  clearRevents(): void {
    for (let i = 0; i < this.#count; i++) {
      const handler = this.#handlers[i]!;
      if (handler !== null && handler.readyList === this) handler.revents = 0;
    }
  }

  /** Drops handlers that were not called, which are here only if a callback threw. */
  drop(): void {
    this.blockNs = -1;
    while (this.#count > 0) {
      const handler = this.take();
      if (handler === null) return;
      handler.revents = 0;
      handler.pollReady = false;
    }
  }

  #push(handler: AioHandler): void {
    if (handler.readyList === this) this.#handlers[this.#handlers.indexOf(handler)] = null;
    handler.readyList = this;
    this.#handlers[this.#count++] = handler;
  }
}

/**
 * Sorts the first `count` by registration, in place: usually they are few, and already in order.
 */
export function sortNewestFirst(handlers: AioHandler[], count: number): void {
  if (count > INSERTION_SORT_LIMIT) {
    const sorted = handlers.slice(0, count).sort((a, b) => b.token - a.token);
    for (let i = 0; i < count; i++) handlers[i] = sorted[i]!;
    return;
  }
  for (let i = 1; i < count; i++) {
    const handler = handlers[i]!;
    let at = i;
    while (at > 0 && handlers[at - 1]!.token < handler.token) {
      handlers[at] = handlers[at - 1]!;
      at--;
    }
    handlers[at] = handler;
  }
}

/** Beyond this a sort that allocates is faster than a quadratic one. */
const INSERTION_SORT_LIMIT = 64;
