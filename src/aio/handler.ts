import { POLLERR, POLLHUP, POLLIN, POLLOUT } from '../host/constants.ts';
import type { Disposable } from '../host/host.ts';
import type { EventNotifier } from './event-notifier.ts';
import type { EdgeNotifiers } from './fdmon/edges.ts';

/** Called with the opaque value that was given with it. QEMU: IOHandler. */
export type IOHandler<T> = (opaque: T) => void;
/** Says, without a system call, whether there is an event. QEMU: AioPollFn. */
export type AioPollFn<T> = (opaque: T) => boolean;

/**
 * What is called when an fd becomes ready. QEMU: the arguments of aio_set_fd_handler.
 *
 * They are to be removed before the fd is closed: poll then says POLLNVAL at once, each
 * time, which calls nobody, and the loop spins. (QEMU does so, too.)
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
  /** What traces and tables call it. */
  readonly name?: string | undefined;
}

/** What may be polled for: an fd, what is wanted, and what came. GLib: GPollFD. */
export interface PollRecord {
  readonly fd: number;
  /** POLL* that are wanted. Errors and hang-ups come unasked. */
  events: number;
  /** POLL* that came. */
  revents: number;
}

/** Takes part in a context's polling. A main loop is one, for its contexts. */
export interface PollSink {
  addPoll(record: AioHandler): void;
  removePoll(record: AioHandler): void;
}

/** What a registration needs of its context. */
export interface HandlerOwner {
  readonly edges: EdgeNotifiers;
  /** Whether the context's own notifier is not written: what it tells itself it keeps. */
  readonly isQuiet: boolean;
  removeHandler(handler: AioHandler): void;
  setRevents(handler: AioHandler, revents: number): void;
}

/**
 * One registration on an AioContext, and the handle that undoes it. QEMU: AioHandler.
 *
 * Setting other handlers for the same fd makes a new one. The old one stands on
 * its lists, with `deleted` set, as long as anybody walks them.
 */
export class AioHandler implements PollRecord, Disposable {
  readonly fd: number;
  readonly name: string;
  readonly ioRead: IOHandler<unknown> | null;
  readonly ioWrite: IOHandler<unknown> | null;
  readonly ioPoll: AioPollFn<unknown> | null;
  readonly ioPollReady: IOHandler<unknown> | null;
  ioPollBegin: IOHandler<unknown> | null = null;
  ioPollEnd: IOHandler<unknown> | null = null;
  readonly isExternal: boolean;
  readonly opaque: unknown;
  /** Counts registrations; tells a stale event of a reused fd from a new one. @internal */
  readonly token: number;
  /** Calls of the context's own notifier are no progress. */
  readonly isOwnNotifier: boolean;
  /** The context that it is registered on. @internal */
  readonly owner: HandlerOwner;
  /** The event notifier whose edges are watched; null where the fd's level is. @internal */
  readonly notifier: EventNotifier | null;

  events: number;
  revents = 0;
  /** ioPoll saw an event that has not been handed on. @internal */
  pollReady = false;
  /** When it is polled no more unless an event comes; ns, 0 for not set yet. @internal */
  pollIdleTimeoutNs = 0;
  /** Whether it stands on the list of handlers that are polled. @internal */
  polled = false;
  deleted = false;
  /** The round whose ready list it stands on; a nested round takes it over. @internal */
  readyList: ReadyList | null = null;
  calls = 0;
  /** The number of its last report among all reports of an epoll; see FdMonEpoll. @internal */
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
    // Polling makes sense only with somebody to tell.
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

  /** Removes these handlers; nothing where they have been replaced or removed since. */
  dispose(): void {
    this.owner.removeHandler(this);
  }
}

/**
 * The handlers that one poll found ready. QEMU inserts at the head, so they come
 * off in the reverse of the order in which the monitor found them.
 *
 * A handler stands on one ready list at a time. A nested poll that finds it
 * ready too takes it over; the outer list then skips it.
 */
export class ReadyList {
  /** Those at 0 to #count - 1; the array never shrinks, see BhList. */
  readonly #handlers: (AioHandler | null)[] = [];
  #count = 0;

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

  /** A main loop has polled anew: of those here only what it finds is ready. */
  clearRevents(): void {
    for (let i = 0; i < this.#count; i++) {
      const handler = this.#handlers[i]!;
      if (handler !== null && handler.readyList === this) handler.revents = 0;
    }
  }

  /** Leaves those that were not called, which only a callback that threw leaves here. */
  drop(): void {
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

/** Sorts the first `count` by registration, in place: most often they are few, and in order. */
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

/** Beyond this a sort that allocates is quicker than one that is quadratic. */
const INSERTION_SORT_LIMIT = 64;
