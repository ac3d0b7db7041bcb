import { QemuAbort } from '../../aio/abort.ts';
import { clockType } from '../../aio/clock.ts';
import { EventNotifier } from '../../aio/event-notifier.ts';
import { CoMutex } from '../../coroutine/co-mutex.ts';
import { CoQueue } from '../../coroutine/co-queue.ts';
import { CoRwlock } from '../../coroutine/co-rwlock.ts';
import { CLOCK_MONOTONIC } from '../../host/constants.ts';
import {
  G_PRIORITY_DEFAULT,
  G_PRIORITY_DEFAULT_IDLE,
  G_PRIORITY_HIGH,
  G_PRIORITY_HIGH_IDLE,
  IdleSource,
  type Source,
  TimeoutSource,
} from '../../mainloop/source.ts';
import type {
  BottomHalfDef,
  NotifierDef,
  ObjectDef,
  PollNotifierDef,
  SourceDef,
  TimerDef,
} from '../model.ts';
import { type Callback, newCallback } from './callback.ts';
import { coroutineBody } from './compile-coroutine.ts';
import type { Engine } from './engine.ts';
import { FdSet } from './fds.ts';

/** Makes the objects that the loop itself has; signals and children come before them. */
export function createObject(engine: Engine, def: ObjectDef): void {
  const { coroutines } = engine;
  switch (def.section) {
    case 'bottom_halves':
      createBottomHalf(engine, def);
      return;
    case 'timers':
      createTimer(engine, def);
      return;
    case 'fds':
      engine.fds.set(def.name, new FdSet(engine, def));
      return;
    case 'notifiers':
      engine.notifiers.set(def.name, new NotifierObject(engine, def));
      return;
    case 'coroutines': {
      const body = coroutines.create(coroutineBody(engine, def), def.name);
      engine.bodies.set(def.name, body);
      return;
    }
    case 'co_queues':
      engine.queues.set(def.name, new CoQueue(coroutines));
      return;
    case 'co_mutexes':
      engine.mutexes.set(def.name, new CoMutex(coroutines));
      return;
    case 'co_rwlocks':
      engine.rwlocks.set(def.name, new CoRwlock(coroutines));
      return;
    case 'poll_notifiers':
      createPollNotifier(engine, def);
      return;
    case 'sources':
      engine.sources.set(def.name, new SourceObject(engine, def));
      return;
    case 'signals':
    case 'children':
      return;
  }
}

function createBottomHalf(engine: Engine, def: BottomHalfDef): void {
  const { name } = def;
  const callback = newCallback(engine, name, def);
  const ctx = engine.context(def.context);
  const run = (): void => callback.call(name);
  engine.bottomHalves.set(name, ctx.newBottomHalf(name, run));
  engine.oneshots.set(name, () => ctx.scheduleOneshot(name, run));
}

function createTimer(engine: Engine, def: TimerDef): void {
  const { name } = def;
  const callback = newCallback(engine, name, def);
  const { loop } = engine;
  const group = def.list === 'loop' ? loop.timers : engine.context(def.list).timers;
  const timer = group.newTimer(clockType(def.clock), name, () => callback.call(name));
  engine.timers.set(name, timer);
}

function createPollNotifier(engine: Engine, def: PollNotifierDef): void {
  const callback = newCallback(engine, def.name, def);
  engine.loop.addPollNotifier(({ state }) => callback.call(`${def.name}:${state}`));
}

/** An EventNotifier, with the handlers that the file gives it. */
export class NotifierObject {
  readonly notifier: EventNotifier;
  /** Whether its io_poll returns true. */
  flagged = false;

  constructor(engine: Engine, def: NotifierDef) {
    const { name } = def;
    const { log, world } = engine;
    this.notifier = new EventNotifier(engine.host, def.set);
    const callback = newCallback(engine, name, def);
    const clear = def.clear ? (): void => void this.notifier.testAndClear() : undefined;
    const ctx = engine.context(def.context);
    const ioRead = (): void => callback.call(name, clear);
    if (!def.pollable) {
      ctx.setEventNotifier(this.notifier, { name, ioRead });
      return;
    }
    ctx.setEventNotifier(this.notifier, {
      name,
      ioRead,
      ioPoll: () => {
        engine.whileBusy();
        world.ioPoll();
        log.addIoPoll(name, this.flagged);
        return this.flagged;
      },
      ioPollReady: () => {
        this.flagged = false;
        callback.call(`${name}.poll_ready`);
      },
    });
    ctx.setFdPoll(
      this.notifier.fd,
      () => log.add(`${name}.poll_begin`),
      () => log.add(`${name}.poll_end`),
    );
  }

  close(): void {
    this.notifier.dispose();
  }
}

const PRIORITIES = {
  high: G_PRIORITY_HIGH,
  default: G_PRIORITY_DEFAULT,
  high_idle: G_PRIORITY_HIGH_IDLE,
  default_idle: G_PRIORITY_DEFAULT_IDLE,
} as const;

/** A source that runs once. */
export class SourceObject {
  /** Whether it is attached to the main context and has not run. */
  attached = false;
  readonly #engine: Engine;
  readonly #def: SourceDef;
  readonly #callback: Callback;

  constructor(engine: Engine, def: SourceDef) {
    this.#engine = engine;
    this.#def = def;
    this.#callback = newCallback(engine, def.name, def);
    if (def.attached) this.attach();
  }

  attach(): void {
    const { name } = this.#def;
    if (this.attached) throw new QemuAbort(`g_source_attach: source '${name}' is attached already`);
    this.attached = true;
    this.#engine.loop.attachSource(this.#make());
  }

  #make(): Source {
    const { name, kind, priority, afterNs } = this.#def;
    const run = (): boolean => {
      this.attached = false;
      this.#callback.call(name);
      return false;
    };
    if (kind === 'idle') return new IdleSource(run, PRIORITIES[priority], name);
    const now = (): number => this.#engine.host.clockNs(CLOCK_MONOTONIC);
    return new TimeoutSource(now, afterNs, run, PRIORITIES[priority], name);
  }
}
