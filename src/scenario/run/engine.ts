import type { AioContext } from '../../aio/aio-context.ts';
import type { BottomHalf } from '../../aio/bottom-half.ts';
import type { QemuTimer } from '../../aio/timer.ts';
import type { CoMutex } from '../../coroutine/co-mutex.ts';
import type { CoQueue } from '../../coroutine/co-queue.ts';
import type { CoRwlock } from '../../coroutine/co-rwlock.ts';
import type { Coroutine } from '../../coroutine/coroutine.ts';
import { Coroutines } from '../../coroutine/coroutines.ts';
import type { Host, HostBuffer } from '../../host/host.ts';
import { CappedHost } from '../../host/lenses/capped.ts';
import { FaultHost } from '../../host/lenses/faults.ts';
import { MainLoop } from '../../mainloop/main-loop.ts';
import { Tracer } from '../../trace/tracer.ts';
import type { Action, ContextName, Scenario } from '../model.ts';
import type { Place } from '../problem.ts';
import type { Callback, Thunk } from './callback.ts';
import type { Children } from './children.ts';
import type { FdSet } from './fds.ts';
import type { NotifierObject, SourceObject } from './objects.ts';
import { type LogEntry, OrderLog } from './order-log.ts';
import type { SignalSet } from './signal-set.ts';
import type { World } from './world.ts';

/** A check of the file that failed. */
export interface FailedCheck {
  readonly at: Place;
  readonly message: string;
  readonly timeNs: number;
  readonly iteration: number;
}

export { ScenarioEnded } from './ended.ts';

export interface EngineOptions {
  /** Called with each entry at once, and with CLOCK_MONOTONIC. */
  readonly onEntry?: ((entry: LogEntry, nowNs: number) => void) | undefined;
  /** Called before each wait of the loop; may throw ScenarioEnded. */
  readonly beforeWait?: (() => void) | undefined;
  /**
   * Called repeatedly between two waits too, for example at each callback; may throw ScenarioEnded.
   */
  readonly whileBusy?: (() => void) | undefined;
}

/**
 * A running scenario: the host and its lenses, the loop, and every object by its name. The actions
 * on them are in the files beside this one.
 */
export class Engine {
  readonly scenario: Scenario;
  readonly world: World;
  /** The kernel as the loop sees it. */
  readonly host: Host;
  readonly capped: CappedHost;
  readonly faults: FaultHost | null;
  readonly trace: Tracer;
  readonly loop: MainLoop;
  readonly coroutines: Coroutines;
  readonly log: OrderLog;
  readonly failed: FailedCheck[] = [];
  /** Errors that the loop recovered from, and how often each occurred. */
  readonly reports = new Map<string, number>();

  readonly bottomHalves = new Map<string, BottomHalf>();
  /** Schedules a bottom half's callback once, by name. */
  readonly oneshots = new Map<string, () => void>();
  readonly timers = new Map<string, QemuTimer>();
  readonly fds = new Map<string, FdSet>();
  readonly notifiers = new Map<string, NotifierObject>();
  readonly bodies = new Map<string, Coroutine>();
  readonly queues = new Map<string, CoQueue>();
  readonly mutexes = new Map<string, CoMutex>();
  readonly rwlocks = new Map<string, CoRwlock>();
  readonly sources = new Map<string, SourceObject>();
  /** Callbacks by object, for `calls`; an fd has one per handler. */
  readonly callbacks = new Map<string, Callback[]>();
  /** Null if the file has neither signals nor children. */
  signals: SignalSet | null = null;
  children: Children | null = null;

  /** How many polls are under way, nested in each other; after an error, how many were. */
  depth = 0;
  /** aio_polls of the steps, for scenarios with drive aio_poll. */
  polls = 0;
  /** Result of the last aio_poll in steps; null before the first. */
  lastResult: boolean | null = null;
  /** How long the last poll or main_loop_wait took, ns. */
  lastBlockedNs = 0;
  /** The reading of each clock at the start, by QEMU_CLOCK_*: see Clocks.restNs. */
  clockStart: readonly { readonly ns: number; readonly restNs: number }[] = [];
  /** Set by `quit`. */
  quits = false;
  /** Timeline entries still to come. */
  toCome = 0;
  /**
   * Called at every point that an endless run would pass: each callback, each turn of a repeat,
   * each io_poll.
   */
  readonly whileBusy: () => void;
  /** Compiles actions; set from outside. */
  compile: (actions: readonly Action[]) => readonly Thunk[] = () => [];

  #pollfds: HostBuffer | null = null;

  constructor(scenario: Scenario, world: World, options: EngineOptions) {
    this.scenario = scenario;
    this.world = world;
    this.whileBusy = options.whileBusy ?? (() => {});
    const now = (): number => world.nowNs();
    this.capped = new CappedHost(world.host, world, options.beforeWait ?? (() => {}));
    this.faults = scenario.faults.length === 0 ? null : new FaultHost(this.capped);
    this.host = this.faults ?? this.capped;
    this.trace = new Tracer(now);
    const since = (): number => world.nowNs() - world.startNs;
    const { onEntry } = options;
    const tell =
      onEntry === undefined ? null : (entry: LogEntry): void => onEntry(entry, world.nowNs());
    this.log = new OrderLog(since, () => this.iteration, tell);
    const fdmon = scenario.fdmon as 'auto' | 'poll' | 'epoll';
    // A fault may be set on the reads of a notifier, which edges would save.
    const edges = this.faults === null;
    this.loop = new MainLoop({ host: this.host, trace: this.trace, fdmon, edges });
    this.coroutines = new Coroutines(this.loop.context);
    if (world.kind === 'sim') this.#chargeForPolling();
  }

  /** Iterations of the loop so far, counted by its driver. */
  get iteration(): number {
    return this.scenario.drive === 'aio_poll' ? this.polls : this.loop.iterations;
  }

  /** ns since the start. */
  get elapsedNs(): number {
    return this.world.nowNs() - this.world.startNs;
  }

  context(name: ContextName): AioContext {
    return name === 'main' ? this.loop.context : this.loop.iohandler;
  }

  /** Room for this many pollfds, reused each time. */
  pollfds(count: number): HostBuffer {
    if (this.#pollfds === null || this.#pollfds.size < count * 8) {
      this.#pollfds = this.world.host.alloc(Math.max(64, count * 16));
    }
    return this.#pollfds;
  }

  fail(at: Place, message: string): void {
    this.failed.push({ at, message, timeNs: this.elapsedNs, iteration: this.iteration });
  }

  report(message: string): void {
    this.reports.set(message, (this.reports.get(message) ?? 0) + 1);
  }

  /** Ends and closes everything, in whatever state it is. */
  close(): void {
    const quietly = (act: () => void): void => {
      try {
        act();
      } catch {
        // Leftovers of the run, such as a bottom half that is still scheduled, do not matter.
      }
    };
    // The scenario is over: a failed read would leave signals pending, which would end the process.
    if (this.faults !== null) this.faults.active = false;
    quietly(() => this.children?.close());
    quietly(() => this.signals?.close());
    for (const fd of this.fds.values()) quietly(() => fd.close());
    for (const notifier of this.notifiers.values()) quietly(() => notifier.close());
    quietly(() => this.loop.close());
    this.world.end(this.children?.leftBehind() ?? []);
  }

  /** Polling the context's own notifier is an io_poll, and takes time like any other. */
  #chargeForPolling(): void {
    const { context } = this.loop;
    const { world } = this;
    const own = context.handlers.get(context.notifierFd)!;
    context.setFdHandler(own.fd, {
      name: own.name,
      ioRead: () => own.ioRead!(own.opaque),
      ioPoll: () => {
        this.whileBusy();
        world.ioPoll();
        return own.ioPoll!(own.opaque);
      },
      ioPollReady: () => own.ioPollReady!(own.opaque),
    });
  }
}
