import { clockType } from '../../aio/clock.ts';
import { CoMutex } from '../../coroutine/co-mutex.ts';
import { CoQueue } from '../../coroutine/co-queue.ts';
import { CoRwlock } from '../../coroutine/co-rwlock.ts';
import type {
  BottomHalfDef,
  FdDef,
  NotifierDef,
  ObjectDef,
  PollNotifierDef,
  TimerDef,
} from '../model.ts';
import { coroutineBody } from './compile-coroutine.ts';
import { FdSet } from './fds.ts';
import type { Lane } from './lane.ts';
import type { Machine } from './machine.ts';
import { NotifierObject } from './notifier-object.ts';
import { SourceObject } from './source-object.ts';

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
    case 'fds':
      createFds(machine.laneOf(def.context), def);
      return;
    case 'notifiers':
      createNotifier(machine.laneOf(def.context), def);
      return;
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
    case 'sources': {
      const callback = main.newCallback(def.name, def);
      objects.sources.set(def.name, new SourceObject(def, main.loop, callback));
      return;
    }
    default:
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

function createFds(lane: Lane, def: FdDef): void {
  const { name, of, doRuns } = def;
  const { world, host } = lane.machine;
  const fds = new FdSet(def, {
    world,
    host,
    ctx: lane.machine.context(def.context),
    of: of === null ? null : lane.object('fds', of.name),
    read: lane.newCallback(name, def),
    write: lane.newCallback(name, { do: def.doWrite, doRuns }),
  });
  lane.objects.fds.set(name, fds);
}

function createNotifier(lane: Lane, def: NotifierDef): void {
  const { log, machine } = lane;
  const { host } = machine;
  const callback = lane.newCallback(def.name, def);
  const ctx = machine.context(def.context);
  const onIoPoll = (): void => machine.ioPoll();
  const notifier = new NotifierObject(def, { host, ctx, log, callback, onIoPoll });
  lane.objects.notifiers.set(def.name, notifier);
}
