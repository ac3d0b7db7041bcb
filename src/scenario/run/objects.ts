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
import type { Callback } from './callback.ts';
import { coroutineBody } from './compile-coroutine.ts';
import { FdSet } from './fds.ts';
import type { Lane } from './lane.ts';
import type { Machine } from './machine.ts';

/**
 * Makes an object in the thread that its context belongs to; signals and children come before
 * them.
 */
export function createObject(machine: Machine, def: ObjectDef): void {
  const { main } = machine;
  const { objects, coroutines } = main;
  switch (def.section) {
    case 'bottom_halves':
      createBottomHalf(machine.laneOf(def.context), def);
      return;
    case 'timers':
      createTimer(def.list === 'loop' ? main : machine.laneOf(def.list), def);
      return;
    case 'fds': {
      const lane = machine.laneOf(def.context);
      lane.objects.fds.set(def.name, new FdSet(lane, def));
      return;
    }
    case 'notifiers': {
      const lane = machine.laneOf(def.context);
      lane.objects.notifiers.set(def.name, new NotifierObject(lane, def));
      return;
    }
    case 'coroutines':
      objects.coroutines.set(def.name, coroutines.create(coroutineBody(main, def), def.name));
      return;
    case 'co_queues':
      objects.queues.set(def.name, new CoQueue(coroutines));
      return;
    case 'co_mutexes':
      objects.mutexes.set(def.name, new CoMutex(coroutines));
      return;
    case 'co_rwlocks':
      objects.rwlocks.set(def.name, new CoRwlock(coroutines));
      return;
    case 'poll_notifiers':
      createPollNotifier(main, def);
      return;
    case 'sources':
      objects.sources.set(def.name, new SourceObject(main, def));
      return;
    case 'signals':
    case 'children':
      return;
  }
}

function createBottomHalf(lane: Lane, def: BottomHalfDef): void {
  const { name } = def;
  const callback = lane.newCallback(name, def);
  const ctx = lane.machine.context(def.context);
  const run = (): void => callback.call(name);
  lane.objects.bottomHalves.set(name, ctx.newBottomHalf(name, run));
  lane.objects.oneshots.set(name, () => ctx.scheduleOneshot(name, run));
}

function createTimer(lane: Lane, def: TimerDef): void {
  const { name } = def;
  const callback = lane.newCallback(name, def);
  const group = def.list === 'loop' ? lane.loop.timers : lane.machine.context(def.list).timers;
  const timer = group.newTimer(clockType(def.clock), name, () => callback.call(name));
  lane.objects.timers.set(name, timer);
}

function createPollNotifier(lane: Lane, def: PollNotifierDef): void {
  const callback = lane.newCallback(def.name, def);
  lane.loop.addPollNotifier(({ state }) => callback.call(`${def.name}:${state}`));
}

/** An EventNotifier, with the handlers that the file gives it. */
export class NotifierObject {
  readonly notifier: EventNotifier;
  /** Whether its io_poll returns true. */
  flagged = false;

  constructor(lane: Lane, def: NotifierDef) {
    const { name } = def;
    const { log } = lane;
    const { world, host, whileBusy } = lane.machine;
    this.notifier = new EventNotifier(host, def.set);
    const callback = lane.newCallback(name, def);
    const clear = def.clear ? (): void => void this.notifier.testAndClear() : undefined;
    const ctx = lane.machine.context(def.context);
    const ioRead = (): void => callback.call(name, clear);
    if (!def.pollable) {
      ctx.setEventNotifier(this.notifier, { name, ioRead });
      return;
    }
    ctx.setEventNotifier(this.notifier, {
      name,
      ioRead,
      ioPoll: () => {
        whileBusy();
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
  readonly #lane: Lane;
  readonly #def: SourceDef;
  readonly #callback: Callback;

  constructor(lane: Lane, def: SourceDef) {
    this.#lane = lane;
    this.#def = def;
    this.#callback = lane.newCallback(def.name, def);
    if (def.attached) this.attach();
  }

  attach(): void {
    const { name } = this.#def;
    if (this.attached) throw new QemuAbort(`g_source_attach: source '${name}' is attached already`);
    this.attached = true;
    this.#lane.loop.attachSource(this.#make());
  }

  #make(): Source {
    const { name, kind, priority, afterNs } = this.#def;
    const run = (): boolean => {
      this.attached = false;
      this.#callback.call(name);
      return false;
    };
    if (kind === 'idle') return new IdleSource(run, PRIORITIES[priority], name);
    const now = (): number => this.#lane.machine.host.clockNs(CLOCK_MONOTONIC);
    return new TimeoutSource(now, afterNs, run, PRIORITIES[priority], name);
  }
}
