import { QemuAbort } from '../../aio/abort.ts';
import type { AioContext } from '../../aio/aio-context.ts';
import { Coroutines } from '../../coroutine/coroutines.ts';
import type { Host, HostBuffer } from '../../host/host.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import type { Tracer } from '../../trace/tracer.ts';
import { MOST_NESTED } from '../limits.ts';
import type { Action, Body, Scenario } from '../model.ts';
import type { Place } from '../problem.ts';
import { Callback, type Thunk } from './callback.ts';
import { ScenarioEnded } from './ended.ts';
import type { Objects } from './lane-objects.ts';
import type { Machine } from './machine.ts';
import { type EntrySink, LaneLog } from './order-log.ts';
import { quietly } from './quietly.ts';
import type { Crew } from './threads/crew.ts';
import { remoteOf } from './threads/remotes.ts';
import type { LaneWorld } from './world.ts';

/** Compiles the actions of a callback that runs in a thread. */
export type Compile = (lane: Lane, actions: readonly Action[]) => readonly Thunk[];

/** The parts of a run that a thread needs of it. */
export interface LaneMachine {
  readonly scenario: Scenario;
  readonly world: LaneWorld;
  /** The kernel as the thread's loop sees it. */
  readonly host: Host;
  readonly log: EntrySink;
  readonly whileBusy: () => void;
  ioPoll(): void;
  /** Keeps the thread from its loop for that time. */
  sleep(ns: number): void;
  fail(at: Place, message: string): void;
  /** The run as its main thread sees it; null in other threads. */
  readonly whole: Machine | null;
  /** The other threads, as this one sees them; null if there are none. */
  readonly crew: Crew | null;
}

/** The loop that a thread runs. */
export interface LaneParts {
  readonly name: string;
  readonly machine: LaneMachine;
  readonly trace: Tracer;
  /** The one that its aio_poll polls; null in a thread without a context. */
  readonly context: AioContext | null;
  /** The main loop; null in all other threads. */
  readonly loop: MainLoop | null;
}

/**
 * One thread of a running scenario: its contexts, and every object that lives there by its name.
 * The thread main runs the main loop; another has a context of its own, or none.
 */
export class Lane {
  readonly name: string;
  readonly machine: LaneMachine;
  readonly trace: Tracer;
  /** Its contexts by name. */
  readonly contexts: ReadonlyMap<string, AioContext>;
  readonly log: LaneLog;
  readonly #loop: MainLoop | null;
  readonly #context: AioContext | null;
  readonly #coroutines: Coroutines | null;

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
  /** The callbacks of bottom halves, which one-shots call. */
  readonly onceRuns = new Map<string, { readonly ctx: AioContext; readonly run: () => void }>();
  /** Callbacks by object, for `calls`; an fd has one per handler. */
  readonly callbacks = new Map<string, Callback[]>();

  /** aio_polls of the steps, for scenarios with drive aio_poll. */
  polls = 0;
  /** Result of the last aio_poll in steps; null before the first. */
  lastResult: boolean | null = null;
  /** How long the last poll or main_loop_wait took, ns. */
  lastBlockedNs = 0;
  /** Whether the last AIO_WAIT_WHILE has waited, and the condition that it evaluated last. */
  waited = false;
  condition = false;

  /** Objects of other threads that this one uses, by kind and name. */
  readonly #remotes = new Map<string, Objects[keyof Objects]>();
  readonly #compile: Compile;
  #pollfds: HostBuffer | null = null;
  /** How many polls and entered coroutines are under way, nested in each other. */
  #depth = 0;

  constructor({ name, machine, trace, context, loop }: LaneParts, compile: Compile) {
    this.name = name;
    this.machine = machine;
    this.#compile = compile;
    this.trace = trace;
    this.log = new LaneLog(machine.log, () => this.iteration);
    this.#loop = loop;
    this.#context = context;
    const contexts = new Map<string, AioContext>();
    if (context !== null) contexts.set(name, context);
    if (loop !== null) contexts.set('iohandler', loop.iohandler);
    this.contexts = contexts;
    this.#coroutines = context === null ? null : new Coroutines(context);
    if (machine.world.kind === 'sim' && context !== null) this.#chargeForPolling(context);
  }

  /** The main loop. @throws QemuAbort in another thread */
  get loop(): MainLoop {
    if (this.#loop === null) throw this.#without('main loop');
    return this.#loop;
  }

  /** The one that its aio_poll polls. @throws QemuAbort in a thread without a context */
  get context(): AioContext {
    if (this.#context === null) throw this.#without('context');
    return this.#context;
  }

  /** Those of its context. @throws QemuAbort in a thread without a context */
  get coroutines(): Coroutines {
    if (this.#coroutines === null) throw this.#without('context');
    return this.#coroutines;
  }

  /** Those of its context, or null. */
  get ownCoroutines(): Coroutines | null {
    return this.#coroutines;
  }

  get inCoroutine(): boolean {
    return this.#coroutines?.inCoroutine === true;
  }

  #without(what: string): QemuAbort {
    return new QemuAbort(`thread ${this.name} has no ${what}`);
  }

  /** The run as a whole, for what only the main thread does. @throws QemuAbort in another one */
  get whole(): Machine {
    const { whole } = this.machine;
    if (whole === null) throw new QemuAbort(`thread ${this.name}: only main can do this`);
    return whole;
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
    const isMainLoop = this.#loop !== null && this.machine.scenario.drive === 'main_loop';
    return isMainLoop ? this.#loop!.iterations : this.polls;
  }

  /** An object that the file declares, and that has been made; it may live in another thread. */
  object<K extends keyof Objects>(kind: K, name: string): Objects[K] {
    const found = this.objects[kind].get(name) ?? this.#remote(kind, name);
    if (found === undefined) throw new Error(`${kind}: thread ${this.name} has no '${name}'`);
    return found as Objects[K];
  }

  #remote(kind: keyof Objects, name: string): Objects[keyof Objects] | undefined {
    const { crew } = this.machine;
    if (crew === null) return undefined;
    const key = `${kind} ${name}`;
    let remote = this.#remotes.get(key);
    if (remote === undefined) {
      remote = remoteOf(crew, (own) => this.contexts.get(own), kind, name);
      if (remote !== undefined) this.#remotes.set(key, remote);
    }
    return remote;
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
    quietly(() => this.#loop?.close());
  }

  /** Polling the context's own notifier is an io_poll, and takes time like any other. */
  #chargeForPolling(context: AioContext): void {
    const own = context.handlers.get(context.notifierFd)!;
    const ask = own.ioPoll!;
    own.ioPoll = (opaque) => {
      this.machine.ioPoll();
      return ask(opaque);
    };
  }
}
