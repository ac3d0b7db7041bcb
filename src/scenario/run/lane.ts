import type { AioContext } from '../../aio/aio-context.ts';
import type { BottomHalf } from '../../aio/bottom-half.ts';
import type { QemuTimer } from '../../aio/timer.ts';
import type { CoMutex } from '../../coroutine/co-mutex.ts';
import type { CoQueue } from '../../coroutine/co-queue.ts';
import type { CoRwlock } from '../../coroutine/co-rwlock.ts';
import type { Coroutine } from '../../coroutine/coroutine.ts';
import { Coroutines } from '../../coroutine/coroutines.ts';
import type { HostBuffer } from '../../host/host.ts';
import { MainLoop } from '../../mainloop/main-loop.ts';
import { Tracer } from '../../trace/tracer.ts';
import { MOST_NESTED } from '../limits.ts';
import type { Action, Body } from '../model.ts';
import { Callback, type Thunk } from './callback.ts';
import { ScenarioEnded } from './ended.ts';
import type { FdSet } from './fds.ts';
import type { Machine } from './machine.ts';
import type { NotifierObject } from './notifier-object.ts';
import { LaneLog } from './order-log.ts';
import { quietly } from './quietly.ts';
import type { SourceObject } from './source-object.ts';

/** Compiles the actions of a callback that runs in a thread. */
export type Compile = (lane: Lane, actions: readonly Action[]) => readonly Thunk[];

/** The kinds of objects that live in a thread. */
export interface Objects {
  readonly bottomHalves: BottomHalf;
  /** Schedules a bottom half's callback once. */
  readonly oneshots: () => void;
  readonly timers: QemuTimer;
  readonly fds: FdSet;
  readonly notifiers: NotifierObject;
  readonly coroutines: Coroutine;
  readonly queues: CoQueue;
  readonly mutexes: CoMutex;
  readonly rwlocks: CoRwlock;
  readonly sources: SourceObject;
}

/**
 * One thread of a running scenario: its contexts, and every object that lives there by its name.
 * The thread main is the only one today, and runs the main loop. Another one would have a context
 * of its own instead.
 */
export class Lane {
  readonly name: string;
  readonly machine: Machine;
  readonly trace: Tracer;
  readonly loop: MainLoop;
  /** Its contexts by name. */
  readonly contexts: ReadonlyMap<string, AioContext>;
  /** The one that its aio_poll polls. QEMU: qemu_get_current_aio_context. */
  readonly context: AioContext;
  readonly coroutines: Coroutines;
  readonly log: LaneLog;

  readonly objects: { readonly [K in keyof Objects]: Map<string, Objects[K]> } = {
    bottomHalves: new Map(),
    oneshots: new Map(),
    timers: new Map(),
    fds: new Map(),
    notifiers: new Map(),
    coroutines: new Map(),
    queues: new Map(),
    mutexes: new Map(),
    rwlocks: new Map(),
    sources: new Map(),
  };
  /** Callbacks by object, for `calls`; an fd has one per handler. */
  readonly callbacks = new Map<string, Callback[]>();

  /** aio_polls of the steps, for scenarios with drive aio_poll. */
  polls = 0;
  /** Result of the last aio_poll in steps; null before the first. */
  lastResult: boolean | null = null;
  /** How long the last poll or main_loop_wait took, ns. */
  lastBlockedNs = 0;

  readonly #compile: Compile;
  #pollfds: HostBuffer | null = null;
  /** How many polls and entered coroutines are under way, nested in each other. */
  #depth = 0;

  constructor(name: string, machine: Machine, compile: Compile) {
    const { host, world, scenario, log, faults } = machine;
    this.name = name;
    this.machine = machine;
    this.#compile = compile;
    this.trace = new Tracer(() => world.nowNs());
    this.log = new LaneLog(log, () => this.iteration);
    const fdmon = scenario.fdmon as 'auto' | 'poll' | 'epoll';
    // A fault may be set on the reads of a notifier, which edges would save.
    const edges = faults === null;
    this.loop = new MainLoop({ host, trace: this.trace, fdmon, edges });
    this.context = this.loop.context;
    this.contexts = new Map([
      ['main', this.context],
      ['iohandler', this.loop.iohandler],
    ]);
    this.coroutines = new Coroutines(this.context);
    if (world.kind === 'sim') this.#chargeForPolling();
  }

  /**
   * Polls, or enters a coroutine, inside those that are under way.
   * @throws ScenarioEnded if there are too many
   */
  nest<T>(run: () => T): T {
    if (++this.#depth > MOST_NESTED) {
      throw new ScenarioEnded(
        `polls and coroutines are nested more than ${MOST_NESTED} deep, each inside the one before: give a callback among them a smaller do_runs`,
      );
    }
    const result = run();
    this.#depth--;
    return result;
  }

  /** Iterations of the loop so far, counted by its driver. */
  get iteration(): number {
    return this.machine.scenario.drive === 'aio_poll' ? this.polls : this.loop.iterations;
  }

  /** An object that the file declares, and that has been made. */
  object<K extends keyof Objects>(kind: K, name: string): Objects[K] {
    const found = this.objects[kind].get(name);
    if (found === undefined) throw new Error(`${kind}: thread ${this.name} has no '${name}'`);
    return found;
  }

  /** The callback of an object, registered for `calls` under its name. */
  newCallback(name: string, body: Body): Callback {
    const make = (): readonly Thunk[] => this.#compile(this, body.do);
    const callback = new Callback(this.log, this.machine.whileBusy, body, make);
    const others = this.callbacks.get(name);
    if (others === undefined) this.callbacks.set(name, [callback]);
    else others.push(callback);
    return callback;
  }

  /** Room for this many pollfds, reused each time. */
  pollfds(count: number): HostBuffer {
    if (this.#pollfds === null || this.#pollfds.size < count * 8) {
      this.#pollfds = this.machine.world.host.alloc(Math.max(64, count * 16));
    }
    return this.#pollfds;
  }

  /** Closes everything that lives here, in whatever state it is. */
  close(): void {
    for (const fd of this.objects.fds.values()) quietly(() => fd.close());
    for (const notifier of this.objects.notifiers.values()) quietly(() => notifier.close());
    quietly(() => this.loop.close());
  }

  /** Polling the context's own notifier is an io_poll, and takes time like any other. */
  #chargeForPolling(): void {
    const { context } = this;
    const own = context.handlers.get(context.notifierFd)!;
    context.setFdHandler(own.fd, {
      name: own.name,
      ioRead: () => own.ioRead!(own.opaque),
      ioPoll: () => {
        this.machine.ioPoll();
        return own.ioPoll!(own.opaque);
      },
      ioPollReady: () => own.ioPollReady!(own.opaque),
    });
  }
}
