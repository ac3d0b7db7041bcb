import type { AioContext } from '../../aio/aio-context.ts';
import type { Host } from '../../host/host.ts';
import { CappedHost } from '../../host/lenses/capped.ts';
import { FaultHost } from '../../host/lenses/faults.ts';
import { MainLoop } from '../../mainloop/main-loop.ts';
import { Tracer } from '../../trace/tracer.ts';
import type { Scenario } from '../model.ts';
import type { Place } from '../problem.ts';
import type { Children } from './children.ts';
import { type Compile, Lane, type LaneMachine } from './lane.ts';
import { type FailedCheck, type LogEntry, OrderLog, type RunLog } from './order-log.ts';
import { quietly } from './quietly.ts';
import type { SignalSet } from './signal-set.ts';
import type { Crew } from './threads/crew.ts';
import type { MainThreads } from './threads/main-threads.ts';
import { threadsOf } from './threads/threaded-world.ts';
import type { World } from './world.ts';

/** An entry of the order log, among the ids of events. */
const LOG_ENTRY = -1;

/** Between two looks at what other threads have done, ns. */
const LOOK_NS = 50e6;

export interface MachineOptions {
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
 * A running scenario, and everything that its threads share: the host and its lenses, the order
 * log, signals and children. What belongs to one thread is in its Lane.
 */
export class Machine implements LaneMachine {
  readonly scenario: Scenario;
  readonly world: World;
  /** The kernel as the loop sees it. */
  readonly host: Host;
  readonly capped: CappedHost;
  readonly faults: FaultHost | null;
  readonly log: RunLog;
  readonly failed: FailedCheck[] = [];
  /** Errors that the loop recovered from, and how often each occurred. */
  readonly reports = new Map<string, number>();

  /** The thread that runs the main loop, and the file's steps. */
  readonly main: Lane;
  /** All threads, main first. */
  readonly lanes: readonly Lane[];

  /** Null if there is one thread only. */
  readonly threads: MainThreads | null;

  /** Null if the file has neither signals nor children. */
  signals: SignalSet | null = null;
  children: Children | null = null;

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

  /** Called before main sleeps outside of its loop: what an observer holds back would come late. */
  readonly beforeSleep: (() => void)[] = [];

  /** @param compile compiles the actions of callbacks */
  constructor(scenario: Scenario, world: World, compile: Compile, options: MachineOptions) {
    this.scenario = scenario;
    this.world = world;
    const { whileBusy = () => {}, beforeWait = () => {} } = options;
    const look = (also: () => void): (() => void) =>
      scenario.threaded
        ? () => {
            also();
            this.threads?.look();
          }
        : also;
    this.whileBusy = look(whileBusy);
    this.capped = new CappedHost(world.host, world, look(beforeWait));
    this.faults = scenario.faults.length === 0 ? null : new FaultHost(this.capped);
    this.host = this.faults ?? this.capped;
    const { onEntry } = options;
    const tell =
      onEntry === undefined
        ? null
        : (entry: LogEntry): void => onEntry(entry, world.stampNs(LOG_ENTRY));
    const trace = new Tracer((event) => world.stampNs(event));
    const { fdmon } = scenario;
    // A fault may be set on the reads of a notifier, which edges would save.
    const edges = this.faults === null;
    const loop = new MainLoop({ host: this.host, trace, fdmon, qemu: scenario.qemu, edges });
    const { context } = loop;
    this.threads = scenario.threaded ? threadsOf(world)!(this, loop, tell) : null;
    this.log = this.threads?.log ?? new OrderLog(() => this.elapsedNs, tell);
    this.main = new Lane({ name: 'main', machine: this, trace, context, loop }, compile);
    this.lanes = [this.main];
  }

  get whole(): this {
    return this;
  }

  get crew(): Crew | null {
    return this.threads?.crew ?? null;
  }

  /** ns since the start. */
  get elapsedNs(): number {
    return this.world.nowNs() - this.world.startNs;
  }

  /** The thread that a context belongs to. */
  laneOf(context: string): Lane {
    const lane = this.lanes.find(({ contexts }) => contexts.has(context));
    if (lane === undefined) throw new Error(`no thread has a context '${context}'`);
    return lane;
  }

  /** A context of any thread, by its name. */
  context(name: string): AioContext {
    return this.laneOf(name).contexts.get(name)!;
  }

  /** Accounts for an io_poll, which an endless run would pass too. */
  ioPoll(): void {
    this.whileBusy();
    this.world.ioPoll();
  }

  /** On the real kernel the entries of other threads are read meanwhile. */
  sleep(ns: number): void {
    for (const tell of this.beforeSleep) tell();
    const { world, threads } = this;
    if (threads === null || world.kind === 'sim') {
      world.sleep(ns);
      return;
    }
    const endNs = world.nowNs() + ns;
    for (let left = ns; left > 0; left = endNs - world.nowNs()) {
      world.sleep(Math.min(left, LOOK_NS));
      this.whileBusy();
    }
  }

  fail(at: Place, message: string): void {
    this.failed.push({ at, message });
  }

  report(message: string): void {
    this.reports.set(message, (this.reports.get(message) ?? 0) + 1);
  }

  /** Ends and closes everything, in whatever state it is. */
  close(): void {
    // The scenario is over: a failed read would leave signals pending, which would end the process.
    if (this.faults !== null) this.faults.active = false;
    quietly(() => this.children?.close());
    quietly(() => this.signals?.close());
    quietly(() => this.threads?.close());
    for (const lane of this.lanes) lane.close();
    this.world.end(this.children?.leftBehind() ?? []);
  }
}
