import { AioContext } from '../aio/aio-context.ts';
import type { BigLock } from '../aio/big-lock.ts';
import type { BottomHalf } from '../aio/bottom-half.ts';
import { Clocks } from '../aio/clock.ts';
import { IOHANDLER_CTX, QEMU_AIO_CONTEXT } from '../aio/context-names.ts';
import { FDMON_CHOICES, type FdMonChoice, type PollMechanism } from '../aio/fdmon/fdmon.ts';
import type { FdHandlers } from '../aio/handler.ts';
import type { BottomHalfHandle } from '../aio/handles.ts';
import { DEFAULT_QEMU, QEMU_VERSIONS, type QemuVersion } from '../aio/profile.ts';
import { TimerListGroup } from '../aio/timer-group.ts';
import { checkOptions } from '../host/arguments.ts';
import { CLOCK_MONOTONIC } from '../host/constants.ts';
import type { Disposable, Host } from '../host/host.ts';
import { aBoolean, anything, aTracer, aWord, checkShape, type Shape } from '../host/shape.ts';
import { Tracer } from '../trace/tracer.ts';
import { AioSource } from './aio-source.ts';
import { type DrivenBy, Driving, type RunAsyncOptions, type RunOptions } from './driving.ts';
import { Iteration, type MainLoopPoll, type PollTimes } from './iteration.ts';
import { MainContext } from './main-context.ts';
import { MainPoll } from './main-poll.ts';
import type { Source } from './source.ts';

export interface MainLoopOptions {
  readonly host: Host;
  readonly trace?: Tracer;
  /** How the loop and its contexts wait for fds; by default `auto`. */
  readonly fdmon?: FdMonChoice;
  /** The QEMU that the loop and its contexts behave as; by default 7.2. */
  readonly qemu?: QemuVersion;
  /** For its contexts; see AioContextOptions. */
  readonly edges?: boolean;
}

const OPTIONS: Shape<MainLoopOptions> = {
  host: anything,
  trace: aTracer,
  fdmon: aWord(FDMON_CHOICES),
  qemu: aWord(QEMU_VERSIONS),
  edges: aBoolean,
};

/**
 * QEMU's main loop: polls the fds of two AioContexts and of other sources, dispatches them by
 * priority, then runs its own timers.
 *
 * `run` blocks the thread while the loop polls: Node's own events wait until the loop is left.
 * `runAsync` lets Node wait.
 */
export class MainLoop implements Disposable {
  readonly host: Host;
  readonly trace: Tracer;
  readonly clocks: Clocks;
  /** Its work comes first in an iteration. QEMU: qemu_aio_context. */
  readonly context: AioContext;
  /**
   * The context where setFdHandler puts its handlers. aio_poll never runs it. QEMU: iohandler_ctx.
   */
  readonly iohandler: AioContext;
  /** Timers that run last in an iteration. QEMU: main_loop_tlg. */
  readonly timers: TimerListGroup;
  /** Accepts further sources. GLib: g_main_context_default. */
  readonly sources = new MainContext();

  readonly #poll: MainPoll;
  readonly #notifyBh: BottomHalf;
  readonly #iteration: Iteration;
  readonly #driving: Driving;
  readonly #detach: Disposable[] = [];
  #closed = false;

  /**
   * @throws HostError if no descriptors are left; TypeError, RangeError for missing or wrong
   *   options. QEMU: qemu_init_main_loop.
   */
  constructor(options: MainLoopOptions) {
    checkOptions(options, 'MainLoop', { host: 'a Host' });
    const { host, fdmon = 'auto', qemu = DEFAULT_QEMU, edges = true } = options;
    checkShape(options, 'MainLoop', OPTIONS);
    this.host = host;
    this.trace = options.trace ?? new Tracer(() => host.clockNs(CLOCK_MONOTONIC));
    const trace = this.trace;
    this.clocks = new Clocks(host);
    const clocks = this.clocks;
    this.timers = new TimerListGroup(
      clocks,
      trace,
      () => this.notifyEvent(),
      () => ({ context: this.context.share(), bh: this.shareNotifyBh() }),
    );
    const parts = { host, clocks, trace, fdmon, qemu, edges };
    this.context = new AioContext({ ...parts, name: QEMU_AIO_CONTEXT });
    try {
      this.iohandler = new AioContext({ ...parts, name: IOHANDLER_CTX });
    } catch (error) {
      this.context.close();
      throw error;
    }
    this.#notifyBh = this.context.newBottomHalf('qemu_notify_bh', () => {});
    this.#poll = new MainPoll(host, trace, fdmon);
    this.#iteration = new Iteration(this, this.#poll);
    const { sources } = this;
    this.#driving = new Driving({ host, iteration: this.#iteration, poll: this.#poll, sources });
    this.#attach(this.context, 'aio-context');
    this.#attach(this.iohandler, 'io-handler');
  }

  /**
   * The lock of the machine, which the loop gives back while it polls; null if there is none, as
   * before a MachineState is made.
   */
  get lock(): BigLock | null {
    return this.#iteration.lock;
  }

  set lock(lock: BigLock | null) {
    this.#iteration.lock = lock;
  }

  /** AioContext.setFdHandler on the iohandler context. QEMU: qemu_set_fd_handler. */
  setFdHandler<T = undefined>(fd: number, handlers: FdHandlers<T> | null): Disposable {
    return this.iohandler.setFdHandler(fd, handlers);
  }

  /** A bottom half of the main context. QEMU: qemu_bh_new. */
  newBottomHalf(name: string, callback: () => void): BottomHalf {
    return this.context.newBottomHalf(name, callback);
  }

  /**
   * Ends the loop's sleep, or keeps it from sleeping, by scheduling an empty bottom half. QEMU:
   * qemu_notify_event.
   */
  notifyEvent(): void {
    if (this.#closed) return;
    this.#notifyBh.schedule();
  }

  /** For another thread's qemu_notify_event: it schedules this by RemoteBottomHalf. */
  shareNotifyBh(): BottomHalfHandle {
    return this.#notifyBh.share();
  }

  /**
   * Calls a function before and after each poll; the latest one is called first. If it throws,
   * main_loop_wait throws the error. QEMU: main_loop_poll_add_notifier.
   */
  addPollNotifier(notifier: (poll: MainLoopPoll) => void): Disposable {
    this.#checkOpen('main_loop_poll_add_notifier');
    return this.#iteration.addPollNotifier(notifier);
  }

  /** Attaches a GLib-like source. */
  attachSource(source: Source): Disposable {
    this.#checkOpen('g_source_attach');
    return this.sources.attach(source);
  }

  /**
   * Runs one iteration. It sleeps until there is something to do, unless nonblocking. A callback
   * may call it. Returns poll's result: how many fds are ready, or -errno. An error that a callback
   * throws comes out here, and the loop may be called again. QEMU: main_loop_wait.
   * @throws Error if the loop is closed; HostError if the kernel refuses a thousand waits in a row,
   *   since the loop would otherwise spin; QemuAbort if this thread does not hold the loop's lock
   */
  mainLoopWait(nonblocking: boolean): number {
    this.#checkOpen('main_loop_wait');
    return this.#driving.iterate(nonblocking);
  }

  /**
   * Iterates until quit is called; not at all if quit was called before. A callback may call run: a
   * quit ends the innermost one. If a callback disposes of the loop, all of them end. QEMU:
   * qemu_main_loop.
   * @throws Error if the loop was already closed
   */
  run(options: RunOptions = {}): void {
    this.#checkOpen('qemu_main_loop');
    this.#driving.run(options);
  }

  /**
   * Makes Node's own loop a source of this one until it is disposed of: while `run` blocks, Node's
   * timers, promises and servers go on, and their callbacks are called in an iteration's dispatch.
   * `run({ node: true })` does this for one run. For programs whose order has to be exact; others
   * use runAsync.
   *
   * Uncaught errors of Node's callbacks are Node's. Functions of process.nextTick and promises run
   * once all callbacks of a dispatch have.
   * @throws HostError (ENOSYS) in workers, on other machines than x86-64, in Bun and Deno, and on the
   *   simulated host; Error if it is embedded already
   */
  embedNode(): Disposable {
    this.#checkOpen('embedNode');
    return this.#driving.embed();
  }

  /**
   * Iterates until quit is called, while Node's own timers, promises and servers go on: Node waits
   * for the loop, and each iteration comes from setImmediate. An error of a callback is an uncaught
   * exception, as in any callback of Node's, and the loop goes on if that is handled. Resolves once
   * the run is over, by quit, the signal, or because the loop was closed.
   *
   * Timers are as exact as libuv's: up to about a ms late, never early.
   * @throws Error if the loop is closed, or is driven by Node already
   */
  async runAsync(options: RunAsyncOptions = {}): Promise<void> {
    this.#checkOpen('runAsync');
    await this.#driving.runAsync(options);
  }

  /** While Node drives the loop, it keeps the process alive; this is so at first. */
  ref(): this {
    this.#driving.keep(true);
    return this;
  }

  /** While Node drives the loop, it does not keep the process alive. */
  unref(): this {
    this.#driving.keep(false);
    return this;
  }

  /**
   * The way in which the loop waits: `run` if it blocks the thread itself, `uv_run` if Node's loop
   * is embedded in it; in runAsync `uv_poll`, `epoll_wait.async` or `setImmediate`; null while it is
   * not run.
   */
  get drivenBy(): DrivenBy | null {
    return this.#driving.by;
  }

  /**
   * Makes run return after this iteration, or the next run at once. Does nothing if the loop is
   * closed.
   */
  quit(): void {
    this.#driving.quit();
    this.notifyEvent();
  }

  /** The number of iterations so far, including nested ones. */
  get iterations(): number {
    return this.#iteration.count;
  }

  set iterations(count: number) {
    this.#iteration.count = count;
  }

  get pollTimes(): PollTimes {
    return this.#iteration.times;
  }

  /**
   * Forgets what it has learned of its polls, as whether to look before it sleeps: its next calls of
   * the kernel then follow from its fds, timers and bottom halves alone.
   */
  forgetLooks(): void {
    this.#poll.forgetLooks();
  }

  /** The number of fds that the loop watches, and the call it watches them with. */
  get watched(): { readonly fds: number; readonly fdmon: PollMechanism } {
    return { fds: this.#poll.size, fdmon: this.#poll.mechanism };
  }

  /**
   * Closes everything that the loop opened; one of its own callbacks may do so, which ends run.
   * Afterwards quit, notifyEvent and all disposals do nothing, and every other call throws.
   * @throws Error if a bottom half leaked, after everything is closed.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#iteration.closed = true;
    this.#driving.close();
    this.#notifyBh.delete();
    for (const source of this.sources.sources) source.dispose();
    for (const d of this.#detach) d.dispose();
    this.#poll.close();
    this.timers.close();
    try {
      this.iohandler.close();
    } finally {
      this.context.close();
    }
  }

  dispose(): void {
    this.close();
  }

  #checkOpen(what: string): void {
    if (this.#closed) throw new Error(`${what}: the loop is closed`);
  }

  #attach(ctx: AioContext, name: string): void {
    this.#detach.push(this.#poll.addContext(ctx), this.sources.attach(new AioSource(ctx, name)));
  }
}
