import { checkFunction, isInt, shown } from '../host/arguments.ts';
import { F_GETFD } from '../host/constants.ts';
import { EBADF, HostError } from '../host/errno.ts';
import { NOTHING } from '../host/held-list.ts';
import type { Disposable, Host } from '../host/host.ts';
import { aFunction, anything, checkNames, type Shape } from '../host/shape.ts';
import { EV } from '../trace/catalogue.ts';
import type { Tracer } from '../trace/tracer.ts';
import type { EventNotifier } from './event-notifier.ts';
import type { EdgeNotifiers } from './fdmon/edges.ts';
import type { FdMonitors } from './fdmon/fd-monitors.ts';
import { AioHandler, type FdHandlers, type HandlerOwner, type PollSink } from './handler.ts';
import type { AdaptivePolling } from './polling.ts';

const T_SET_FD = EV.aio_set_fd_handler;

/** The parts of its context that the table needs. */
export interface TableOwner extends HandlerOwner {
  readonly name: string;
  readonly host: Host;
  readonly trace: Tracer;
  readonly polling: AdaptivePolling;
  readonly monitors: FdMonitors;
  readonly edges: EdgeNotifiers;
  /** The fd of the context's own notifier. */
  readonly notifierFd: number;
  notify(): void;
}

/** The handlers of a context, by fd. */
export class HandlerTable {
  /** By fd, in order of registration. */
  readonly handlers = new Map<number, AioHandler>();
  /** How many handlers cannot be polled in user space. QEMU: poll_disable_cnt. */
  pollDisableCount = 0;
  readonly #owner: TableOwner;
  #registrations = 0;
  /** Handlers that can be polled, but are not yet. */
  #unpolled: AioHandler[] = [];
  #sink: PollSink | null = null;
  /** The record that stands for all handlers there; null if each is there itself. */
  #standsFor: AioHandler | null = null;

  constructor(owner: TableOwner) {
    this.#owner = owner;
  }

  /**
   * QEMU: aio_set_fd_handler.
   * @throws RangeError if fd is not a descriptor, TypeError if a handler is not a function, HostError
   *   (EBADF) if a new fd is closed; nothing is changed then
   * @param notifier the event notifier that owns the fd, if its edges may be watched
   */
  set(
    fd: number,
    handlers: FdHandlers<unknown> | null,
    notifier: EventNotifier | null = null,
  ): Disposable {
    checkHandlers(fd, handlers);
    const old = this.handlers.get(fd) ?? null;
    const next = handlers === null ? null : this.#make(fd, handlers, notifier);
    if (old === null && next === null) return NOTHING;
    if (old === null) this.#checkOpen(fd);
    if (next !== null) this.#registrations = next.token;
    // Deleted and set again, so that the newest registration comes last.
    this.handlers.delete(fd);
    if (next !== null) this.handlers.set(fd, next);
    if (old !== null) this.#retire(old);
    if (next !== null) this.#enter(next);
    const owner = this.#owner;
    owner.monitors.update(old, next);
    if (owner.trace.on[T_SET_FD] !== 0) {
      owner.trace.emit(T_SET_FD, owner.name, fd, next?.events ?? 0, (next ?? old)!.name);
    }
    owner.notify();
    return next ?? NOTHING;
  }

  /** Removes a registration, unless another has replaced it. */
  remove(handler: AioHandler): void {
    if (this.handlers.get(handler.fd) === handler) this.set(handler.fd, null);
  }

  /** Hands all handlers, present and future, to a main loop's poll. */
  attachTo(sink: PollSink): Disposable {
    if (this.#sink !== null) throw new Error('this AioContext has a main loop already');
    this.#sink = sink;
    this.#enterSink(sink);
    return {
      dispose: () => {
        if (this.#sink !== sink) return;
        this.#leaveSink(sink);
        this.#sink = null;
      },
    };
  }

  /** From now on this record stands for all handlers in a main loop's poll; null: each for itself. */
  represent(record: AioHandler | null): void {
    if (this.#sink !== null) this.#leaveSink(this.#sink);
    this.#standsFor = record;
    if (this.#sink !== null) this.#enterSink(this.#sink);
  }

  #enterSink(sink: PollSink): void {
    if (this.#standsFor !== null) sink.addPoll(this.#standsFor);
    else {
      sink.addEdges(this.#owner.edges);
      for (const handler of this.handlers.values()) sink.addPoll(handler);
    }
  }

  #leaveSink(sink: PollSink): void {
    if (this.#standsFor !== null) sink.removePoll(this.#standsFor);
    else {
      for (const handler of this.handlers.values()) sink.removePoll(handler);
      sink.removeEdges(this.#owner.edges);
    }
  }

  /** Polls a handler in user space from now on. */
  startPolling(handler: AioHandler, revents: number): void {
    this.#unpolled = this.#unpolled.filter((h) => h !== handler);
    this.#owner.polling.add(handler, revents);
  }

  /** A main loop's dispatch visits every handler, and QEMU starts to poll those it visits. */
  startPollingAll(): void {
    if (this.#unpolled.length > 1) this.#unpolled.sort((a, b) => a.token - b.token);
    while (this.#unpolled.length > 0) this.startPolling(this.#unpolled.at(-1)!, 0);
  }

  /** A handler is no longer polled, until it fires or a main loop visits it. */
  stoppedPolling(handler: AioHandler): void {
    this.#unpolled.push(handler);
  }

  #make(
    fd: number,
    handlers: FdHandlers<unknown>,
    notifier: EventNotifier | null,
  ): AioHandler | null {
    const isOwn = fd === this.#owner.notifierFd;
    const token = this.#registrations + 1;
    const handler = new AioHandler(this.#owner, fd, handlers, token, isOwn, notifier);
    if (handler.ioRead === null && handler.ioWrite === null && handler.ioPoll === null) return null;
    return handler;
  }

  /**
   * QEMU would poll a closed fd, get POLLNVAL at once, call nothing, and spin. A registered one that
   * is closed later does so here, too.
   */
  #checkOpen(fd: number): void {
    const { host, notifierFd } = this.#owner;
    if (fd === notifierFd || host.fcntl(fd, F_GETFD, 0) !== -EBADF) return;
    throw new HostError(EBADF, `aio_set_fd_handler: fd ${fd}`);
  }

  #enter(handler: AioHandler): void {
    if (handler.ioPoll === null) this.pollDisableCount++;
    else this.#unpolled.push(handler);
    handler.notifier?.watchEdges(this.#owner.edges);
    if (this.#standsFor === null) this.#sink?.addPoll(handler);
  }

  /** QEMU: aio_remove_fd_handler. */
  #retire(handler: AioHandler): void {
    if (handler.ioPoll === null) this.pollDisableCount--;
    else this.#unpolled = this.#unpolled.filter((h) => h !== handler);
    handler.deleted = true;
    handler.notifier?.watchEdges(null);
    handler.revents = 0;
    handler.pollReady = false;
    this.#owner.polling.remove(handler);
    if (this.#standsFor === null) this.#sink?.removePoll(handler);
  }
}

const FD_HANDLERS: Shape<FdHandlers<unknown>> = {
  ioRead: aFunction,
  ioWrite: aFunction,
  ioPoll: aFunction,
  ioPollReady: aFunction,
  isExternal: anything,
  opaque: anything,
  name: anything,
};
const FUNCTIONS = ['ioRead', 'ioWrite', 'ioPoll', 'ioPollReady'] as const;

function checkHandlers(fd: number, handlers: FdHandlers<unknown> | null): void {
  if (!isInt(fd) || fd < 0) {
    throw new RangeError(
      `aio_set_fd_handler: fd is ${shown(fd)}: expected an integer from 0 to 2147483647`,
    );
  }
  if (handlers === null) return;
  if (typeof handlers !== 'object') {
    const what = `handlers of fd ${fd} are ${shown(handlers)}`;
    throw new TypeError(`aio_set_fd_handler: ${what}: expected an object, or null to remove them`);
  }
  checkNames(handlers, 'aio_set_fd_handler', FD_HANDLERS);
  for (const name of FUNCTIONS) {
    const handler = handlers[name] ?? null;
    if (handler !== null) checkFunction(handler, `aio_set_fd_handler: ${name} of fd ${fd}`);
  }
}
