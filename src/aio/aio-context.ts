import { CLOCK_MONOTONIC, POLLERR, POLLHUP, POLLIN, POLLOUT } from '../host/constants.ts';
import type { Disposable, Host } from '../host/host.ts';
import { EV } from '../trace/catalogue.ts';
import { Tracer } from '../trace/tracer.ts';
import { type BhCallback, BhList, type BottomHalf } from './bottom-half.ts';
import { Clocks, QEMU_CLOCK_REALTIME, soonestTimeout } from './clock.ts';
import { EventNotifier } from './event-notifier.ts';
import type { FdMon, FdMonChoice, FdMonKind } from './fdmon.ts';
import { FdMonEpoll } from './fdmon-epoll.ts';
import { FdMonPoll } from './fdmon-poll.ts';
import {
  AioHandler,
  type AioPollFn,
  type FdHandlers,
  type IOHandler,
  type PollSink,
  ReadyList,
  sortNewestFirst,
} from './handler.ts';
import { AdaptivePolling } from './polling.ts';
import { TimerListGroup } from './timer.ts';
import { Wakeup } from './wakeup.ts';

const T_POLL_BEGIN = EV.aio_poll_begin;
const T_POLL_END = EV.aio_poll_end;
const T_NOTIFY = EV.aio_notify;
const T_ACCEPT = EV.aio_notify_accept;
const T_SET_FD = EV.aio_set_fd_handler;
const T_FD_BEGIN = EV.fd_handler_begin;
const T_FD_END = EV.fd_handler_end;
const T_SWITCH = EV.fdmon_switch;

/** aio_poll changes to epoll with this many fds, its own notifier's among them. QEMU: EPOLL_ENABLE_THRESHOLD. */
const EPOLL_ENABLE_THRESHOLD = 64;

const READ_EVENTS = POLLIN | POLLHUP | POLLERR;
const WRITE_EVENTS = POLLOUT | POLLERR;

export interface AioContextOptions {
  readonly host: Host;
  /** Shared by the contexts of one machine; its own where absent. */
  readonly clocks?: Clocks;
  readonly trace?: Tracer;
  /** Tells contexts apart in traces. */
  readonly id?: number;
  readonly fdmon?: FdMonChoice;
}

/** Called from a handler of an EventNotifier. */
export interface NotifierHandlers {
  readonly ioRead?: IOHandler<EventNotifier> | undefined;
  readonly ioPoll?: AioPollFn<EventNotifier> | undefined;
  readonly ioPollReady?: IOHandler<EventNotifier> | undefined;
  readonly isExternal?: boolean | undefined;
  readonly name?: string | undefined;
}

/**
 * Bottom halves, fd handlers and timers that are run together, by whoever drives
 * the context: poll() by itself, or a main loop through prepare, check and
 * dispatch. QEMU: AioContext.
 *
 * Invariants:
 *  A1. Handlers are called by dispatchHandler only, which checks `deleted` right
 *      before each call: what is removed is not called, not even in this round.
 *  A2. A handler set while a round is under way has no revents, so it is not
 *      called before the next poll.
 *  A3. A callback that throws ends the poll or dispatch that called it. All
 *      lists stay whole: what was ready is found again, what was scheduled runs
 *      in the next round.
 *  A4. What the thread would write into its own notifier while it is awake is
 *      kept as #ownEvent, and counts as the notifier's being readable in the
 *      next wait: that does not sleep, and calls the notifier's handler. What
 *      comes while it sleeps is written.
 */
export class AioContext {
  readonly id: number;
  readonly host: Host;
  readonly clocks: Clocks;
  readonly trace: Tracer;
  readonly wakeup = new Wakeup();
  /** The context's own timer lists. QEMU: ctx->tlg. */
  readonly timers: TimerListGroup;
  /** Written to end a sleep. QEMU: ctx->notifier. */
  readonly notifier: EventNotifier;
  readonly bottomHalves: BhList;
  readonly polling: AdaptivePolling;
  /** By fd, in order of registration. */
  readonly handlers = new Map<number, AioHandler>();
  externalDisableCount = 0;

  readonly #pollMon: FdMonPoll;
  #fdmon: FdMon;
  /** At how many fds epoll is tried; Infinity once it has failed. */
  #epollThreshold: number;
  #handlerCount = 0;
  /** How many handlers cannot be polled in user space. QEMU: poll_disable_cnt. */
  #pollDisableCount = 0;
  /** Pollable handlers that are not polled yet. */
  #unpolled: AioHandler[] = [];
  /** One ready list for each depth of nesting, kept for the next time. */
  readonly #readyLists: ReadyList[] = [];
  #depth = 0;
  #sink: PollSink | null = null;
  /** Handlers whose revents the main loop's poll has set, in the order it found them. */
  readonly #pending: AioHandler[] = [];
  #pendingCount = 0;
  #closed = false;
  /** Whether the thread is in a wait for this context's fds, where only the eventfd reaches it. */
  #asleep = false;
  /** A4. */
  #ownEvent = false;
  /** Whether the eventfd was written since it was read. */
  #written = false;

  /** @throws HostError where no descriptor is left for the notifier. QEMU: aio_context_new. */
  constructor(options: AioContextOptions) {
    this.host = options.host;
    this.id = options.id ?? 1;
    const host = options.host;
    this.trace = options.trace ?? new Tracer(() => host.clockNs(CLOCK_MONOTONIC));
    this.clocks = options.clocks ?? new Clocks(host);
    this.timers = new TimerListGroup(this.clocks, this.trace, () => this.notify());
    this.notifier = new EventNotifier(host);
    this.bottomHalves = new BhList(this);
    this.polling = new AdaptivePolling(this, this.clocks, this.trace);
    const choice = options.fdmon ?? 'auto';
    this.#epollThreshold =
      choice === 'auto'
        ? EPOLL_ENABLE_THRESHOLD
        : choice === 'epoll'
          ? 1
          : Number.POSITIVE_INFINITY;
    this.#pollMon = new FdMonPoll(this, host, this.trace, choice);
    this.#fdmon = this.#pollMon;
    this.setEventNotifier(this.notifier, {
      name: 'aio_context_notifier',
      ioRead: () => this.#clearNotifier(),
      ioPoll: () => this.wakeup.notified,
      ioPollReady: () => {},
    });
  }

  // Bottom halves

  /** A bottom half of this context, not scheduled yet. QEMU: aio_bh_new. */
  newBottomHalf(name: string, callback: BhCallback<undefined>): BottomHalf;
  newBottomHalf<T>(name: string, callback: BhCallback<T>, opaque: T): BottomHalf;
  newBottomHalf(name: string, callback: BhCallback<never>, opaque?: unknown): BottomHalf {
    return this.bottomHalves.create(name, callback as BhCallback<unknown>, opaque);
  }

  /** Calls a function once, in the next round of bottom halves. QEMU: aio_bh_schedule_oneshot. */
  scheduleOneshot(name: string, callback: BhCallback<undefined>): void;
  scheduleOneshot<T>(name: string, callback: BhCallback<T>, opaque: T): void;
  scheduleOneshot(name: string, callback: BhCallback<never>, opaque?: unknown): void {
    this.bottomHalves.oneshot(name, callback as BhCallback<unknown>, opaque);
  }

  // Wake-ups

  /**
   * Makes the context look at its work, and not sleep before. QEMU: aio_notify.
   *
   * QEMU writes the eventfd whenever notify_me is set, and a main loop leaves it
   * set after an iteration that did not have to check. While the thread is awake
   * it needs no eventfd to tell itself something: A4 stands in for it.
   */
  notify(): void {
    const notifyMe = this.wakeup.notify();
    const writes = notifyMe !== 0 && this.#asleep;
    if (writes) {
      this.#written = true;
      this.notifier.set();
    } else if (notifyMe !== 0) this.#ownEvent = true;
    if (this.trace.on[T_NOTIFY] !== 0) {
      this.trace.emit(T_NOTIFY, this.id, notifyMe, writes ? 1 : 0, this.#ownEvent ? 1 : 0);
    }
  }

  /**
   * The thread is about to wait for the fds of this context. Returns whether it
   * must not sleep (A4).
   */
  enterWait(): boolean {
    this.#asleep = true;
    return this.#ownEvent;
  }

  /** The wait is over. Returns the notifier's handler where the notifier counts as readable (A4). */
  leaveWait(): AioHandler | null {
    this.#asleep = false;
    if (!this.#ownEvent) return null;
    return this.handlers.get(this.notifier.fd) ?? null;
  }

  /** QEMU: aio_context_notifier_cb. */
  #clearNotifier(): void {
    const own = this.#ownEvent;
    this.#ownEvent = false;
    if (own && !this.#written) return;
    this.#written = false;
    this.notifier.testAndClear();
  }

  /** QEMU: aio_notify_accept. */
  #accept(): void {
    const notified = this.wakeup.accept();
    if (this.trace.on[T_ACCEPT] !== 0) this.trace.emit(T_ACCEPT, this.id, notified);
  }

  // Fd handlers

  /**
   * Sets the handlers of an fd in place of those it had; null, or none at all,
   * removes them. The new ones are called from the next poll on. The context is
   * notified. QEMU: aio_set_fd_handler.
   */
  setFdHandler<T = undefined>(fd: number, handlers: FdHandlers<T> | null): Disposable {
    return this.#setHandler(fd, handlers as FdHandlers<unknown> | null);
  }

  /** setFdHandler for an event notifier, whose handlers get it. QEMU: aio_set_event_notifier. */
  setEventNotifier(notifier: EventNotifier, handlers: NotifierHandlers | null): Disposable {
    if (handlers === null) return this.#setHandler(notifier.fd, null);
    const withOpaque: FdHandlers<EventNotifier> = { ...handlers, opaque: notifier };
    return this.#setHandler(notifier.fd, withOpaque as FdHandlers<unknown>);
  }

  /** What is called when user-space polling of a handler begins and ends. QEMU: aio_set_fd_poll. */
  setFdPoll(
    fd: number,
    begin: IOHandler<unknown> | undefined,
    end: IOHandler<unknown> | undefined,
  ): void {
    const handler = this.handlers.get(fd);
    if (handler === undefined) return;
    handler.ioPollBegin = begin ?? null;
    handler.ioPollEnd = end ?? null;
  }

  /** Removes a registration, unless another has taken its place. */
  removeHandler(handler: AioHandler): void {
    if (this.handlers.get(handler.fd) === handler) this.#setHandler(handler.fd, null);
  }

  /** Holds external handlers back until enableExternal was called as often. QEMU: aio_disable_external. */
  disableExternal(): void {
    this.externalDisableCount++;
  }

  /** @throws where disableExternal was not called as often. QEMU: aio_enable_external. */
  enableExternal(): void {
    if (this.externalDisableCount === 0) {
      throw new Error('aio_enable_external without aio_disable_external');
    }
    if (--this.externalDisableCount === 0) this.notify();
  }

  /** QEMU: !aio_node_check. */
  isHeldBack(handler: AioHandler): boolean {
    return handler.isExternal && this.externalDisableCount > 0;
  }

  // Polling

  /** Most that a blocking poll spins before it sleeps, in ns, and how that grows and shrinks. QEMU: aio_context_set_poll_params. */
  setPollParams(maxNs: number, grow: number, shrink: number): void {
    this.polling.setParams(maxNs, grow, shrink);
    this.notify();
  }

  /** How the context waits for its fds now. */
  get fdmon(): FdMonKind {
    return this.#fdmon.kind;
  }

  /** A handler is polled no more until it fires, or a main loop looks at it. */
  stoppedPolling(handler: AioHandler): void {
    this.#unpolled.push(handler);
  }

  needWait(): boolean {
    return this.#pollDisableCount > 0;
  }

  /** How long the context may sleep, in ns: 0 where there is work, -1 for ever. QEMU: aio_compute_timeout. */
  computeTimeoutNs(): number {
    const timeout = this.bottomHalves.timeoutNs();
    if (timeout === 0) return 0;
    return soonestTimeout(timeout, this.timers.deadlineNs());
  }

  /**
   * One round: sleeps if it may and there is nothing to do, then runs bottom
   * halves, ready fd handlers, and timers. May be called from a callback.
   * Returns whether it made progress. QEMU: aio_poll.
   */
  poll(blocking: boolean): boolean {
    if (this.trace.on[T_POLL_BEGIN] !== 0) {
      this.trace.emit(T_POLL_BEGIN, this.id, blocking ? 1 : 0);
    }
    const ready = this.#enterRound();
    let progress: boolean;
    try {
      progress = this.#waitForEvents(ready, blocking);
      if (this.bottomHalves.poll()) progress = true;
      let handler = ready.take();
      while (handler !== null) {
        if (this.#dispatchHandler(handler)) progress = true;
        handler = ready.take();
      }
    } finally {
      this.#leaveRound(ready);
    }
    if (this.timers.run()) progress = true;
    if (this.trace.on[T_POLL_END] !== 0) this.trace.emit(T_POLL_END, this.id, progress ? 1 : 0);
    return progress;
  }

  // The other way to drive it: as a source of a main loop

  /** The main loop that polls this context's fds, from now on. QEMU: g_source_attach. */
  attachTo(sink: PollSink): Disposable {
    if (this.#sink !== null) throw new Error('this AioContext has a main loop already');
    this.#sink = sink;
    for (const handler of this.handlers.values()) sink.addPoll(handler);
    return {
      dispose: () => {
        if (this.#sink !== sink) return;
        for (const handler of this.handlers.values()) sink.removePoll(handler);
        this.#sink = null;
      },
    };
  }

  /** Before a main loop sleeps. Returns how long it may, as computeTimeoutNs. QEMU: aio_ctx_prepare. */
  prepare(): number {
    this.wakeup.beginSourceSleep();
    const timeoutNs = this.computeTimeoutNs();
    // A main loop cannot poll in user space.
    this.polling.stopForSource();
    return timeoutNs;
  }

  /** A main loop's poll begins anew: what the one before found counts no more. */
  clearRevents(): void {
    for (let i = 0; i < this.#pendingCount; i++) this.#pending[i]!.revents = 0;
    this.#pendingCount = 0;
  }

  /** A main loop's poll has found a handler's fd ready. */
  setRevents(handler: AioHandler, revents: number): void {
    handler.revents = revents;
    this.#pending[this.#pendingCount++] = handler;
  }

  /** After a main loop slept. Returns whether there is anything to dispatch. QEMU: aio_ctx_check. */
  check(): boolean {
    this.wakeup.endSourceSleep();
    this.#accept();
    if (this.bottomHalves.anyScheduled()) return true;
    return this.#anyPending() || this.timers.deadlineNs() === 0;
  }

  /** Runs bottom halves, ready fd handlers (newest registration first), and timers. QEMU: aio_dispatch. */
  dispatch(): void {
    this.bottomHalves.poll();
    this.#pollUnpolled();
    const ready = this.#enterRound();
    try {
      this.#collectPending(ready);
      let handler = ready.take();
      while (handler !== null) {
        // What a nested round has called has neither any more.
        if (handler.revents !== 0 || handler.pollReady) this.#dispatchHandler(handler);
        handler = ready.take();
      }
    } finally {
      this.#leaveRound(ready);
    }
    this.timers.run();
  }

  // Fd monitors

  upgrade(nfds: number): FdMon | null {
    if (nfds < this.#epollThreshold || this.externalDisableCount > 0) return null;
    const epoll = FdMonEpoll.create(this, this.host, this.trace, this.#pollMon);
    if (epoll === null) this.#epollThreshold = Number.POSITIVE_INFINITY;
    else this.#switchTo(epoll);
    return epoll;
  }

  downgrade(): void {
    this.#epollThreshold = Number.POSITIVE_INFINITY;
    const old = this.#fdmon;
    this.#switchTo(this.#pollMon);
    if (old !== this.#pollMon) old.close();
  }

  /**
   * Closes all that the context opened.
   * @throws where a bottom half is still scheduled that nobody deleted, after
   *   everything is closed. QEMU: aio_ctx_finalize.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const leaked = this.bottomHalves.drain();
    for (const handler of [...this.handlers.values()]) this.removeHandler(handler);
    this.#fdmon.close();
    this.#pollMon.close();
    this.timers.close();
    this.notifier.dispose();
    if (leaked.length > 0) {
      throw new Error(
        `aio_ctx_finalize: BH '${leaked.join("', '")}' leaked: delete a bottom half before its AioContext is closed`,
      );
    }
  }

  /** Everything of poll() up to the callbacks. Returns whether user-space polling made progress. */
  #waitForEvents(ready: ReadyList, blocking: boolean): boolean {
    const polling = this.polling;
    const startNs = polling.maxNs > 0 ? this.clocks.nowNs(QEMU_CLOCK_REALTIME) : 0;
    let timeoutNs = blocking ? this.computeTimeoutNs() : 0;
    let progress = polling.tryPoll(ready, timeoutNs);
    timeoutNs = polling.timeoutNs;
    // While we do not sleep, all work is looked at before the next sleep anyway.
    const sleeps = timeoutNs !== 0;
    if (sleeps && this.wakeup.beginSleep()) timeoutNs = 0;
    try {
      // Where all handlers can be polled, a look at them has been enough.
      if (timeoutNs !== 0 || this.needWait()) {
        if (polling.setStarted(ready, false)) {
          timeoutNs = 0;
          progress = true;
        }
        if (this.enterWait()) timeoutNs = 0;
        this.#fdmon.wait(ready, timeoutNs);
        const notifier = this.leaveWait();
        if (notifier !== null && notifier.readyList === null) ready.add(notifier, POLLIN);
      }
    } finally {
      if (sleeps) this.wakeup.endSleep();
    }
    this.#accept();
    if (polling.maxNs > 0) polling.adjust(this.clocks.nowNs(QEMU_CLOCK_REALTIME) - startNs);
    return progress;
  }

  /** A1. QEMU: aio_dispatch_handler. */
  #dispatchHandler(handler: AioHandler): boolean {
    const revents = handler.revents & handler.events;
    const pollReady = handler.pollReady;
    handler.revents = 0;
    handler.pollReady = false;
    if (handler.deleted) return false;
    if (handler.ioPoll !== null && !handler.polled) this.#startPolling(handler, revents);
    if (this.isHeldBack(handler)) return false;
    if (pollReady && revents === 0 && handler.ioPollReady !== null) {
      handler.calls++;
      handler.ioPollReady(handler.opaque);
      return !handler.isOwnNotifier;
    }
    let progress = false;
    if ((revents & READ_EVENTS) !== 0 && handler.ioRead !== null) {
      this.#call(handler, handler.ioRead, revents);
      if (!handler.isOwnNotifier) progress = true;
    }
    if (
      (revents & WRITE_EVENTS) !== 0 &&
      handler.ioWrite !== null &&
      !handler.deleted &&
      !this.isHeldBack(handler)
    ) {
      this.#call(handler, handler.ioWrite, revents);
      progress = true;
    }
    return progress;
  }

  #call(handler: AioHandler, callback: IOHandler<unknown>, revents: number): void {
    handler.calls++;
    if (this.trace.on[T_FD_BEGIN] !== 0) {
      this.trace.emit(T_FD_BEGIN, this.id, handler.fd, revents, handler.name);
    }
    callback(handler.opaque);
    if (this.trace.on[T_FD_END] !== 0) {
      this.trace.emit(T_FD_END, this.id, handler.fd, handler.name);
    }
  }

  #setHandler(fd: number, handlers: FdHandlers<unknown> | null): Disposable {
    const old = this.handlers.get(fd) ?? null;
    const next = handlers === null ? null : this.#newHandler(fd, handlers);
    if (old === null && next === null) return NOTHING;
    if (old !== null && old.ioPoll === null) this.#pollDisableCount--;
    if (next !== null && next.ioPoll === null) this.#pollDisableCount++;
    // Deleted and set again, so that the newest registration stands last.
    this.handlers.delete(fd);
    if (next !== null) this.handlers.set(fd, next);
    if (old !== null) this.#retire(old);
    if (next !== null) {
      if (next.ioPoll !== null) this.#unpolled.push(next);
      this.#sink?.addPoll(next);
    }
    this.#pollMon.update(old, next);
    if (this.#fdmon !== this.#pollMon) this.#fdmon.update(old, next);
    if (this.trace.on[T_SET_FD] !== 0) {
      const { events, name } = next ?? { events: 0, name: old!.name };
      this.trace.emit(T_SET_FD, this.id, fd, events, name);
    }
    this.notify();
    return next ?? NOTHING;
  }

  #newHandler(fd: number, handlers: FdHandlers<unknown>): AioHandler | null {
    const isOwnNotifier = fd === this.notifier.fd;
    const handler = new AioHandler(this, fd, handlers, this.#handlerCount + 1, isOwnNotifier);
    if (handler.ioRead === null && handler.ioWrite === null && handler.ioPoll === null) return null;
    this.#handlerCount++;
    return handler;
  }

  /** QEMU: aio_remove_fd_handler. */
  #retire(handler: AioHandler): void {
    handler.deleted = true;
    handler.revents = 0;
    handler.pollReady = false;
    this.polling.remove(handler);
    if (handler.ioPoll !== null) this.#unpolled = this.#unpolled.filter((h) => h !== handler);
    this.#sink?.removePoll(handler);
  }

  #startPolling(handler: AioHandler, revents: number): void {
    this.#unpolled = this.#unpolled.filter((h) => h !== handler);
    this.polling.add(handler, revents);
  }

  /** A main loop's dispatch looks at every handler, and QEMU starts to poll those it looks at. */
  #pollUnpolled(): void {
    while (this.#unpolled.length > 0) this.#startPolling(this.#unpolled.at(-1)!, 0);
  }

  /** Puts what the main loop found ready on the list, oldest first, since the list turns it round. */
  #collectPending(ready: ReadyList): void {
    const pending = this.#pending;
    this.#pendingCount = this.polling.collectReady(pending, this.#pendingCount);
    if (this.#pendingCount > 1) sortNewestFirst(pending, this.#pendingCount);
    for (let i = this.#pendingCount - 1; i >= 0; i--) {
      const handler = pending[i]!;
      if (handler.revents !== 0 || handler.pollReady) ready.add(handler, handler.revents);
    }
  }

  #anyPending(): boolean {
    for (let i = 0; i < this.#pendingCount; i++) {
      const handler = this.#pending[i]!;
      const revents = handler.revents & handler.events;
      if (revents === 0 || this.isHeldBack(handler)) continue;
      if ((revents & READ_EVENTS) !== 0 && handler.ioRead !== null) return true;
      if ((revents & WRITE_EVENTS) !== 0 && handler.ioWrite !== null) return true;
    }
    return false;
  }

  #enterRound(): ReadyList {
    let ready = this.#readyLists[this.#depth];
    if (ready === undefined) {
      ready = new ReadyList();
      this.#readyLists.push(ready);
    }
    this.#depth++;
    return ready;
  }

  #leaveRound(ready: ReadyList): void {
    this.#depth--;
    ready.drop();
  }

  #switchTo(fdmon: FdMon): void {
    const from = this.#fdmon.kind;
    this.#fdmon = fdmon;
    if (this.trace.on[T_SWITCH] !== 0) {
      this.trace.emit(T_SWITCH, this.id, from, fdmon.kind, this.handlers.size);
    }
  }
}

const NOTHING: Disposable = { dispose() {} };
