import {
  checkFunction,
  checkInteger,
  checkNs,
  checkObject,
  checkOptions,
  checkString,
  shown,
} from '../host/arguments.ts';
import { Belongings } from '../host/belongings.ts';
import { CLOCK_MONOTONIC, POLLIN } from '../host/constants.ts';
import type { Disposable, Host } from '../host/host.ts';
import {
  aBoolean,
  anObject,
  anything,
  aString,
  aTracer,
  aWord,
  checkNames,
  checkShape,
  type Shape,
} from '../host/shape.ts';
import { EV } from '../trace/catalogue.ts';
import { TRACEABLE } from '../trace/traceable.ts';
import { Tracer } from '../trace/tracer.ts';
import { assertionFailed, goneSince, type QemuAbort } from './abort.ts';
import { BhList } from './bh-list.ts';
import type { LeakedBh } from './bh-owner.ts';
import type { BhCallback, BottomHalf } from './bottom-half.ts';
import { Clocks, QEMU_CLOCK_REALTIME, soonestTimeout } from './clock.ts';
import { CollectingDispatcher } from './collecting-dispatcher.ts';
import { newContextName } from './context-names.ts';
import { Dispatcher } from './dispatcher.ts';
import type { EntryCallback } from './entries.ts';
import { EventNotifier } from './event-notifier.ts';
import { EdgeNotifiers } from './fdmon/edges.ts';
import { FdMonitors } from './fdmon/fd-monitors.ts';
import { checkUring, FDMON_CHOICES, type FdMonChoice, type FdMonKind } from './fdmon/fdmon.ts';
import type {
  AioHandler,
  AioPollFn,
  FdHandlers,
  IOHandler,
  PollSink,
  ReadyList,
} from './handler.ts';
import { HandlerPolling } from './handler-polling.ts';
import { HandlerTable } from './handler-table.ts';
import type { BottomHalfHandle, ContextHandle } from './handles.ts';
import { AdaptivePolling } from './polling.ts';
import { DEFAULT_QEMU, type Profile, profileOf, type QemuVersion } from './profile.ts';
import { guardCallback, type MemReentrancyGuard } from './reentrancy.ts';
import { SharedBhs } from './shared-bhs.ts';
import { checkThreadPoolParams, type ThreadPoolParams } from './thread-pool-params.ts';
import { TimerListGroup } from './timer-group.ts';
import { Inbox } from './wake/inbox.ts';
import { Sleeper } from './wake/sleeper.ts';
import { Wakeup, wordsFor } from './wake/wakeup.ts';
import { PlainWords } from './wake/words.ts';
import { WorkerEnd } from './worker-end.ts';

const T_POLL_BEGIN = EV.aio_poll_begin;
const T_POLL_END = EV.aio_poll_end;
const T_NOTIFY = EV.aio_notify;
const T_ACCEPT = EV.aio_notify_accept;

export interface AioContextOptions {
  /** The kernel, real or simulated. */
  readonly host: Host;
  /** Shared by the contexts of one machine; by default its own. */
  readonly clocks?: Clocks;
  /** Takes its events; by default nobody does. */
  readonly trace?: Tracer;
  /** The QEMU that it behaves as; by default 7.2. */
  readonly qemu?: QemuVersion;
  /** Its name in traces; `aio_context_1` and so on by default. */
  readonly name?: string;
  /** How it waits for its fds; by default `auto`. */
  readonly fdmon?: FdMonChoice;
  /** Whether event notifiers may be watched by their edges, which saves a read; by default true. */
  readonly edges?: boolean;
}

const NOTIFIER_HANDLERS: Shape<NotifierHandlers> = {
  ioRead: anything,
  ioPoll: anything,
  ioPollReady: anything,
  isExternal: anything,
  name: anything,
};

const OPTIONS: Shape<AioContextOptions> = {
  host: anything,
  clocks: anObject('Clocks', 'nowNs'),
  trace: aTracer,
  qemu: anything,
  name: aString,
  fdmon: aWord(FDMON_CHOICES),
  edges: aBoolean,
};

/** The functions called when an EventNotifier is set; each gets the notifier. */
export interface NotifierHandlers {
  /** The notifier is set, and stays set until EventNotifier.testAndClear. */
  readonly ioRead?: IOHandler<EventNotifier> | undefined;
  /** Tells, without a system call, whether there is anything to do, while the context polls. */
  readonly ioPoll?: AioPollFn<EventNotifier> | undefined;
  /** ioPoll returned true. */
  readonly ioPollReady?: IOHandler<EventNotifier> | undefined;
  /** Whether disableExternal holds it back. */
  readonly isExternal?: boolean | undefined;
  /** Its name in traces. */
  readonly name?: string | undefined;
}

/**
 * Bottom halves, fd handlers and timers that run together. The context is driven by its own poll(),
 * or by a main loop through prepare, check and dispatch. QEMU: AioContext.
 *
 * If a callback throws, the poll or dispatch that called it ends with that error. All lists stay
 * intact: scheduled work runs in the next round, and ready fds are found again.
 */
export class AioContext implements Disposable {
  /** Its name in traces: `qemu_aio_context`, `iohandler_ctx`, an IOThread's, or `aio_context_N`. */
  readonly name: string;
  readonly host: Host;
  /** Objects of the layers above, of which this context has one each. @internal */
  readonly belongings = new Belongings();
  readonly clocks: Clocks;
  readonly trace: Tracer;
  /** @internal */
  readonly profile: Profile;
  /** The context's own timer lists. QEMU: ctx->tlg. */
  readonly timers: TimerListGroup;
  /** @internal */
  readonly words = new PlainWords(wordsFor(64));
  /** @internal */
  readonly wakeup = new Wakeup(this.words);
  /** @internal */
  readonly sleeper: Sleeper;
  /** @internal */
  readonly bottomHalves: BhList;
  /** @internal */
  readonly polling: AdaptivePolling;
  /** @internal */
  readonly monitors: FdMonitors;
  /** @internal */
  readonly edges = new EdgeNotifiers();
  /** externalDisableCount until it is shared. */
  #disabledHere = 0;
  /**
   * The most requests of one batch of asynchronous I/O, for engines that batch; 0 leaves it to them.
   * QEMU: ctx->aio_max_batch.
   */
  aioMaxBatch = 0;
  /** QEMU: ctx->thread_pool_min, ctx->thread_pool_max. @internal */
  readonly threadPool: ThreadPoolParams = { min: 0, max: 64, changed: null };

  /** The class of its inbox, taken at the first share: a weaker one shows what it is for. @internal */
  inboxType: typeof Inbox = Inbox;

  readonly #table: HandlerTable;
  readonly #dispatcher: Dispatcher;
  readonly #watchesEdges: boolean;
  /** Null until something is shared with other threads. */
  #shared: SharedBhs | null = null;
  readonly #finalizers: (() => Error | null)[] = [];
  #closed = false;
  #isLeft = false;
  /** Undefined until poll may sleep for the first time; null if nothing watches for the worker's end. */
  #workerEnd: WorkerEnd | null | undefined;

  /**
   * @throws HostError if no descriptor is left for the notifier; TypeError, RangeError for missing
   *   or wrong options. QEMU: aio_context_new.
   */
  constructor(options: AioContextOptions) {
    checkOptions(options, 'AioContext', { host: 'a Host' });
    const { host, fdmon = 'auto' } = options;
    checkShape(options, 'AioContext', OPTIONS);
    this.profile = profileOf(options.qemu ?? DEFAULT_QEMU, "AioContext: option 'qemu'");
    checkUring(fdmon, this.profile, 'AioContext');
    this.host = host;
    this.name = options.name ?? newContextName(host);
    this.#watchesEdges = fdmon !== 'io_uring' && (options.edges ?? true);
    this.trace = options.trace ?? new Tracer(() => host.clockNs(CLOCK_MONOTONIC));
    this.clocks = options.clocks ?? new Clocks(host);
    // First, since it may fail, and the timers listen to shared clocks.
    this.sleeper = new Sleeper(host, this.wakeup);
    this.timers = new TimerListGroup(
      this.clocks,
      this.trace,
      () => this.notify(),
      () => ({ context: this.share(), bh: null }),
    );
    this.bottomHalves = new BhList(this);
    const ThePolling = this.profile.polling === 'handlers' ? HandlerPolling : AdaptivePolling;
    this.polling = new ThePolling(this, this.clocks, this.trace);
    this.#table = new HandlerTable(this);
    this.monitors = new FdMonitors(this, host, fdmon);
    this.#dispatcher =
      this.profile.dispatch === 'collect'
        ? new CollectingDispatcher(this, this.#table, this.monitors)
        : new Dispatcher(this, this.#table);
    this.setEventNotifier(this.sleeper.notifier, {
      name: 'aio_context_notifier',
      ioRead: () => this.sleeper.clear(),
      ioPoll: () => this.sleeper.notified,
      ioPollReady: () => {},
    });
  }

  // Bottom halves

  /** A bottom half of this context, not scheduled yet. QEMU: aio_bh_new. */
  newBottomHalf(name: string, callback: BhCallback<undefined>): BottomHalf;
  newBottomHalf<T>(name: string, callback: BhCallback<T>, opaque: T): BottomHalf;
  newBottomHalf(name: string, callback: BhCallback<never>, opaque?: unknown): BottomHalf {
    this.#checkOpen('aio_bh_new');
    checkCallback(callback, 'aio_bh_new', name);
    return this.bottomHalves.create(name, callback as BhCallback<unknown>, opaque);
  }

  /**
   * Like newBottomHalf, for a device that must not be re-entered during its I/O. QEMU:
   * aio_bh_new_guarded.
   */
  newGuardedBottomHalf(
    name: string,
    callback: BhCallback<undefined>,
    guard: MemReentrancyGuard,
  ): BottomHalf {
    checkCallback(callback, 'aio_bh_new', name);
    return this.newBottomHalf(name, guardCallback(this, name, callback, guard));
  }

  /** Calls a function once, in the next round of bottom halves. QEMU: aio_bh_schedule_oneshot. */
  scheduleOneshot(name: string, callback: BhCallback<undefined>): void;
  scheduleOneshot<T>(name: string, callback: BhCallback<T>, opaque: T): void;
  scheduleOneshot(name: string, callback: BhCallback<never>, opaque?: unknown): void {
    this.#checkOpen('aio_bh_schedule_oneshot');
    checkCallback(callback, 'aio_bh_schedule_oneshot', name);
    this.bottomHalves.oneshot(name, callback as BhCallback<unknown>, opaque);
  }

  // Wake-ups

  /** Makes the context check for work, and not sleep before. QEMU: aio_notify. */
  notify(): void {
    if (TRACEABLE && this.trace.active) this.tracedNotify();
    else this.untracedNotify();
  }

  /** notify for callers that know trace.active to be false. @internal */
  untracedNotify(): void {
    this.sleeper.notify();
  }

  /** notify for callers that know trace.active to be true. @internal */
  tracedNotify(): void {
    const { sleeper } = this;
    const before = sleeper.writes;
    const notifyMe = sleeper.notify();
    if (this.trace.on[T_NOTIFY] === 0) return;
    const wrote = sleeper.writes !== before;
    this.trace.emit(T_NOTIFY, this.name, notifyMe, wrote ? 1 : 0, sleeper.kept ? 1 : 0);
  }

  /** The wait is over. Returns the notifier's handler if the notifier counts as ready. @internal */
  leaveWait(): AioHandler | null {
    return this.sleeper.leave() ? (this.handlers.get(this.notifierFd) ?? null) : null;
  }

  /** Whether a round of this context is running inside another. @internal */
  get isNested(): boolean {
    return this.#dispatcher.isNested;
  }

  /** The descriptor of the context's own notifier. */
  get notifierFd(): number {
    return this.sleeper.notifier.fd;
  }

  // Other threads

  /** The descriptor that other threads write. @internal */
  get wakeFd(): number {
    return this.sleeper.notifier.writeFd;
  }

  /**
   * Returns a handle, with which any thread can notify this context: see RemoteContext.from. For its
   * bottom halves see BottomHalf.share.
   */
  share(): ContextHandle {
    this.#checkOpen('share');
    const { name, wakeFd } = this;
    const { qemu } = this.profile;
    return { kind: 'context', name, qemu, wakeFd, ...this.sharing().memory };
  }

  /**
   * Gives a function a name, by which other threads call it in this one, with up to six numbers: see
   * RemoteContext.scheduleOneshot. What another thread cannot do here, such as to set a handler, an
   * entry does for it.
   * @throws TypeError, RangeError for a wrong name or callback
   */
  newEntry(name: string, callback: EntryCallback): Disposable {
    this.#checkOpen('newEntry');
    return this.sharing().entries.add(name, callback);
  }

  /** @param words where its shared words are to stand; by default memory of its own @internal */
  sharing(words?: SharedArrayBuffer): SharedBhs {
    if (this.#shared === null) {
      this.#shared = new SharedBhs(this.wakeup, this.bottomHalves, this.inboxType, words);
      this.bottomHalves.shared = this.#shared;
      this.sleeper.share(this.#shared.inbox);
      for (; this.#disabledHere > 0; this.#disabledHere--) this.#shared.inbox.disableExternal();
    }
    return this.#shared;
  }

  // Fd handlers

  /** By fd, in order of registration. */
  get handlers(): ReadonlyMap<number, AioHandler> {
    return this.#table.handlers;
  }

  /**
   * Replaces the handlers of an fd; null, or an object without functions, removes them. The new
   * ones are called from the next poll on. The context is notified. QEMU: aio_set_fd_handler.
   * @throws HostError (EBADF) if a new fd is closed, RangeError if fd is not a descriptor, TypeError
   *   if a handler is not a function; nothing is changed then
   */
  setFdHandler<T = undefined>(fd: number, handlers: FdHandlers<T> | null): Disposable {
    if (handlers !== null) this.#checkOpen('aio_set_fd_handler');
    return this.#table.set(fd, handlers as FdHandlers<unknown> | null);
  }

  /**
   * setFdHandler for an event notifier, which the handlers get as argument. QEMU:
   * aio_set_event_notifier.
   * @throws like setFdHandler; the fd of a closed notifier is -1
   */
  setEventNotifier(notifier: EventNotifier, handlers: NotifierHandlers | null): Disposable {
    if (!(notifier instanceof EventNotifier)) {
      throw new TypeError(`aio_set_event_notifier: ${shown(notifier)} is not an EventNotifier`);
    }
    if (handlers === null) return this.#table.set(notifier.fd, null);
    checkObject(handlers, 'aio_set_event_notifier: handlers', 'an object, or null to remove them');
    checkNames(handlers, 'aio_set_event_notifier', NOTIFIER_HANDLERS);
    this.#checkOpen('aio_set_event_notifier');
    const withOpaque: FdHandlers<EventNotifier> = { ...handlers, opaque: notifier };
    // The context's own notifier is written so rarely that an epoll would not pay.
    const byEdges =
      this.#watchesEdges &&
      notifier !== this.sleeper.notifier &&
      notifier.canWatchEdges(this.edges);
    return this.#table.set(
      notifier.fd,
      withOpaque as FdHandlers<unknown>,
      byEdges ? notifier : null,
    );
  }

  /**
   * Makes the descriptors of event notifiers readable exactly while they are set, for callers that
   * poll the descriptors themselves. The next poll of a context may end that.
   */
  settleNotifiers(): void {
    this.edges.begin(null);
  }

  /**
   * Sets the functions called when user-space polling of a handler begins and ends. QEMU:
   * aio_set_fd_poll.
   */
  setFdPoll(
    fd: number,
    begin: IOHandler<unknown> | undefined,
    end: IOHandler<unknown> | undefined,
  ): void {
    checkInteger(fd, 'aio_set_fd_poll: the descriptor', 0, 2 ** 31 - 1);
    if (begin !== undefined) checkFunction(begin, 'aio_set_fd_poll: begin');
    if (end !== undefined) checkFunction(end, 'aio_set_fd_poll: end');
    const handler = this.handlers.get(fd);
    if (handler === undefined) return;
    handler.ioPollBegin = begin ?? null;
    handler.ioPollEnd = end ?? null;
  }

  /** Removes a registration, unless another has replaced it. @internal */
  removeHandler(handler: AioHandler): void {
    this.#table.remove(handler);
  }

  /**
   * Holds back external handlers until enableExternal has been called as often.
   * @throws QemuAbort in a context of QEMU 11, which has no such function. QEMU: aio_disable_external.
   */
  disableExternal(): void {
    if (!this.profile.hasExternal) throw goneSince('8.1', 'aio_disable_external');
    if (this.#shared === null) this.#disabledHere++;
    else this.#shared.inbox.disableExternal();
  }

  /**
   * @throws QemuAbort if disableExternal was not called as often, and in a context of QEMU 11. QEMU:
   *   aio_enable_external.
   */
  enableExternal(): void {
    if (!this.profile.hasExternal) throw goneSince('8.1', 'aio_enable_external');
    if (this.externalDisableCount <= 0) throw assertionFailed('aio_enable_external', 'old > 0');
    const old = this.#shared === null ? this.#disabledHere-- : this.#shared.inbox.enableExternal();
    if (old === 1) this.notify();
  }

  /** How many calls of disableExternal, by any thread, are in force. @internal */
  get externalDisableCount(): number {
    return this.#shared === null ? this.#disabledHere : this.#shared.inbox.externalDisabled;
  }

  /** QEMU: !aio_node_check. @internal */
  isHeldBack(handler: AioHandler): boolean {
    return handler.isExternal && this.externalDisableCount > 0;
  }

  // Polling

  /**
   * Sets how long a blocking poll may spin before it sleeps, in ns, and how that time grows and
   * shrinks. QEMU: aio_context_set_poll_params.
   * @param weight for QEMU 11: a new time counts for 1 / 2^weight in a handler's average; 0 is 3
   * @throws RangeError for a weight in a context of QEMU 7.2
   */
  setPollParams(maxNs: number, grow: number, shrink: number, weight = 0): void {
    checkNs(maxNs, 'aio_context_set_poll_params: max');
    checkInteger(grow, 'aio_context_set_poll_params: grow', 0, Number.MAX_SAFE_INTEGER);
    checkInteger(shrink, 'aio_context_set_poll_params: shrink', 0, Number.MAX_SAFE_INTEGER);
    this.polling.setParams(maxNs, grow, shrink, weight);
    this.notify();
  }

  /** QEMU: aio_context_set_aio_params. */
  setAioParams(maxBatch: number): void {
    checkInteger(maxBatch, 'aio_context_set_aio_params: max_batch', 0, Number.MAX_SAFE_INTEGER);
    this.aioMaxBatch = maxBatch;
    this.notify();
  }

  /**
   * Sets the limits of the context's thread pool, and tells it.
   * @throws RangeError if they do not fit. QEMU: aio_context_set_thread_pool_params.
   */
  setThreadPoolParams(min: number, max: number): void {
    checkThreadPoolParams(min, max);
    this.threadPool.min = min;
    this.threadPool.max = max;
    this.threadPool.changed?.();
  }

  /** How the context currently waits for its fds. */
  get fdmon(): FdMonKind {
    return this.monitors.kind;
  }

  /** @internal */
  needWait(): boolean {
    const { uring } = this.monitors;
    return uring === null ? this.#table.pollDisableCount > 0 : uring.needsWait;
  }

  /** @internal */
  stoppedPolling(handler: AioHandler): void {
    this.#table.stoppedPolling(handler);
  }

  /**
   * How long the context may sleep, in ns: 0 if there is work, -1 for ever. QEMU:
   * aio_compute_timeout.
   */
  computeTimeoutNs(): number {
    const timeout = this.bottomHalves.timeoutNs();
    if (timeout === 0) return 0;
    return soonestTimeout(timeout, this.timers.deadlineNs());
  }

  /**
   * Runs one round: sleeps if it may and has nothing to do, then runs bottom halves, ready fd
   * handlers, and timers. A callback may call it. Returns whether it made progress. QEMU: aio_poll.
   * @throws Error if the context is closed; HostError if the kernel refuses every wait
   */
  poll(blocking: boolean): boolean {
    this.#checkOpen('aio_poll');
    if (blocking && this.#workerEnd === undefined) {
      this.#workerEnd = WorkerEnd.watch(this.host, this.monitors);
    }
    return TRACEABLE && this.trace.active
      ? this.#tracedRound(blocking)
      : this.#round(blocking, false);
  }

  /** Its thread is ended in another way than by Node. To be called before the first poll. @internal */
  endsByItself(): void {
    this.#workerEnd = null;
  }

  #tracedRound(blocking: boolean): boolean {
    if (this.trace.on[T_POLL_BEGIN] !== 0) {
      this.trace.emit(T_POLL_BEGIN, this.name, blocking ? 1 : 0);
    }
    let progress = false;
    try {
      progress = this.#round(blocking, true);
    } finally {
      if (this.trace.on[T_POLL_END] !== 0) this.trace.emit(T_POLL_END, this.name, progress ? 1 : 0);
    }
    return progress;
  }

  /** @param traced trace.active, read once */
  #round(blocking: boolean, traced: boolean): boolean {
    const ready = this.#dispatcher.enterRound();
    let progress: boolean;
    try {
      progress = this.#waitForEvents(ready, blocking, traced);
      if (this.bottomHalves.poll()) progress = true;
      if (!ready.isEmpty && this.#dispatcher.dispatchReady(ready)) progress = true;
    } finally {
      this.#dispatcher.leaveRound(ready);
    }
    if (this.timers.run()) progress = true;
    return progress;
  }

  // The other way to drive a context: as a source of a main loop

  /**
   * Hands this context's fds to a main loop's poll from now on. QEMU: g_source_attach. @internal
   */
  attachTo(sink: PollSink): Disposable {
    return this.#table.attachTo(sink);
  }

  /**
   * Called before a main loop sleeps. Returns how long it may sleep, like computeTimeoutNs. QEMU:
   * aio_ctx_prepare.
   */
  prepare(): number {
    this.sleeper.prepare();
    const timeoutNs = this.computeTimeoutNs();
    // A main loop cannot poll in user space.
    this.#dispatcher.prepare();
    return timeoutNs;
  }

  /** See HandlerTable.represent. @internal */
  represent(record: AioHandler | null): void {
    this.#table.represent(record);
  }

  /** A new poll of a main loop begins: earlier results no longer count. @internal */
  clearRevents(): void {
    this.#dispatcher.clearRevents();
  }

  /** A main loop's poll has found a handler's fd ready. @internal */
  setRevents(handler: AioHandler, revents: number): void {
    this.#dispatcher.addPending(handler, revents);
  }

  /**
   * Called after a main loop slept. Returns whether there is anything to dispatch. QEMU:
   * aio_ctx_check.
   */
  check(): boolean {
    // Not before the sleep: explore main_loop_wait --without set-while-asleep
    this.wakeup.endSourceSleep();
    this.#accept(TRACEABLE && this.trace.active);
    if (this.bottomHalves.anyScheduled() || this.#dispatcher.anyPending()) return true;
    return this.timers.deadlineNs() === 0;
  }

  /** Runs bottom halves, ready fd handlers in the order of the profile, and timers. QEMU: aio_dispatch. */
  dispatch(): void {
    const ready = this.#dispatcher.enterRound();
    try {
      this.bottomHalves.poll();
      this.#dispatcher.dispatchPending(ready);
    } finally {
      this.#dispatcher.leaveRound(ready);
    }
    this.timers.run();
  }

  /**
   * Closes everything that the context opened; one of its own callbacks may do so. Afterwards every
   * call that would give it work throws, and disposals do nothing.
   * @throws Error if a bottom half is still scheduled and was not deleted, QemuAbort if a coroutine
   *   is, after everything is closed. QEMU: aio_ctx_finalize.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#finalize(this.bottomHalves.drain());
  }

  /**
   * As close, but other threads may go on to schedule here: see LeftContext. The eventfd stays open.
   * @param tell gets the handles that are still good
   * @throws as close @internal
   */
  leave(tell: (bhs: readonly BottomHalfHandle[]) => void): void {
    checkFunction(tell, 'AioContext.leave: what takes the handles');
    if (this.#closed) return;
    const leaked = this.bottomHalves.drain(true);
    tell(
      this.sharing()
        .living()
        .map((home) => this.bottomHalves.handle(home)),
    );
    this.#closed = true;
    this.#isLeft = true;
    this.#finalize(leaked);
  }

  #finalize(leaked: readonly LeakedBh[]): void {
    for (const handler of [...this.handlers.values()]) this.removeHandler(handler);
    this.#workerEnd?.dispose();
    this.monitors.close();
    this.timers.close();
    if (!this.#isLeft) this.sleeper.close(this.host);
    for (const check of this.#finalizers) {
      const error = check();
      if (error !== null) throw error;
    }
    if (leaked.length > 0) throw leakError(leaked);
  }

  /** Calls a function once the context is closed; close throws the error that it returns. @internal */
  onFinalize(check: () => Error | null): void {
    checkFunction(check, 'AioContext: what to check at its end');
    this.#finalizers.push(check);
  }

  /** See close. */
  dispose(): void {
    this.close();
  }

  #checkOpen(what: string): void {
    if (this.#closed) throw new Error(`${what}: the loop is closed`);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** QEMU: aio_notify_accept. */
  #accept(traced: boolean): void {
    if (this.#shared !== null) this.#shared.collect();
    const notified = this.wakeup.accept();
    if (traced) this.#traceAccept(notified);
  }

  #traceAccept(notified: number): void {
    if (this.trace.on[T_ACCEPT] !== 0) this.trace.emit(T_ACCEPT, this.name, notified);
  }

  /** The part of poll() before the callbacks. Returns whether user-space polling made progress. */
  #waitForEvents(ready: ReadyList, blocking: boolean, traced: boolean): boolean {
    const polling = this.polling;
    const startNs = polling.maxNs > 0 ? this.clocks.nowNs(QEMU_CLOCK_REALTIME) : -1;
    let progress = polling.tryPoll(ready, blocking ? this.computeTimeoutNs() : 0);
    let timeoutNs = polling.timeoutNs;
    // If we do not sleep, all work is checked before the next sleep anyway.
    const sleeps = timeoutNs !== 0;
    if (sleeps && this.wakeup.beginSleep()) timeoutNs = 0;
    try {
      // If all handlers can be polled, polling them was enough.
      if (timeoutNs !== 0 || this.needWait()) {
        if (polling.beforeWait(ready)) {
          timeoutNs = 0;
          progress = true;
        }
        this.#waitForFds(ready, timeoutNs);
      }
    } finally {
      if (sleeps) this.wakeup.endSleep();
    }
    this.#accept(traced);
    // Another thread may have changed maxNs meanwhile.
    if (polling.maxNs > 0 && startNs >= 0) {
      polling.adjust(this.clocks.nowNs(QEMU_CLOCK_REALTIME) - startNs, ready);
    }
    return progress;
  }

  #waitForFds(ready: ReadyList, timeoutNs: number): void {
    const awake = this.sleeper.enter();
    this.monitors.wait(ready, awake ? 0 : timeoutNs);
    const notifier = this.leaveWait();
    // Also from an outer round's list: a nested round takes over what it finds.
    if (notifier !== null && notifier.readyList !== ready) ready.add(notifier, POLLIN);
  }
}

/** The abort of an aio_poll in another thread than the context's. */
export function notItsHome(): QemuAbort {
  const main = 'ctx == iohandler_get_aio_context() ? qemu_get_aio_context() : ctx';
  return assertionFailed('aio_poll', `in_aio_context_home_thread(${main})`);
}

function checkCallback(callback: unknown, what: string, name: string): void {
  if (typeof name !== 'string') checkString(name, `${what}: the name`);
  if (typeof callback !== 'function') checkFunction(callback, `${what}: the callback of '${name}'`);
}

export function leakError(leaked: readonly LeakedBh[]): Error {
  const names = leaked.map(({ name }) => name).join("', '");
  const advice: string[] = [];
  if (leaked.some(({ oneshot }) => !oneshot)) {
    advice.push('delete a bottom half before its AioContext is closed');
  }
  if (leaked.some(({ oneshot }) => oneshot)) {
    advice.push('a one-shot has not run and never will: poll once more before, if it has to');
  }
  return new Error(`aio_ctx_finalize: BH '${names}' leaked: ${advice.join('; ')}`);
}
