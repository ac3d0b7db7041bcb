import type { AioContext } from '../../aio/aio-context.ts';
import { clockType } from '../../aio/clock.ts';
import { CoMutex } from '../../coroutine/co-mutex.ts';
import { CoQueue } from '../../coroutine/co-queue.ts';
import { CoRwlock } from '../../coroutine/co-rwlock.ts';
import type {
  BottomHalfDef,
  CoroutineDef,
  FdDef,
  NotifierDef,
  ObjectDef,
  PollNotifierDef,
  TimerDef,
} from '../model.ts';
import { coroutineBody } from './compile-coroutine.ts';
import { FdSet } from './fds.ts';
import { homeOf } from './homes.ts';
import type { Lane } from './lane.ts';
import type { CoroutineLike } from './lane-objects.ts';
import { NotifierObject } from './notifier-object.ts';
import { SourceObject } from './source-object.ts';
import { createShared } from './threads/shared-co.ts';

/**
 * Makes an object, if it lives in this thread; signals and children come before them, and threads
 * are not made here.
 */
export function createObject(lane: Lane, def: ObjectDef): void {
  if (homeOf(def) !== lane.name) return;
  switch (def.section) {
    case 'bottom_halves':
      createBottomHalf(lane, def);
      return;
    case 'timers':
      createTimer(lane, def);
      return;
    case 'fds':
      createFds(lane, def);
      return;
    case 'notifiers':
      createNotifier(lane, def);
      return;
    case 'coroutines': {
      lane.objects.coroutines.set(def.name, createCoroutine(lane, def));
      return;
    }
    // With several threads those of coroutines are made of their handles, in each of them.
    case 'co_queues':
      if (lane.machine.crew === null) {
        lane.objects.queues.set(def.name, new CoQueue(lane.coroutines));
      }
      return;
    case 'co_mutexes':
      if (lane.machine.crew === null) {
        lane.objects.mutexes.set(def.name, new CoMutex(lane.coroutines));
      }
      return;
    case 'co_rwlocks':
      if (lane.machine.crew === null) {
        lane.objects.rwlocks.set(def.name, new CoRwlock(lane.coroutines));
      }
      return;
    case 'poll_notifiers':
      createPollNotifier(lane, def);
      return;
    case 'sources': {
      const callback = lane.newCallback(def.name, def);
      lane.objects.sources.set(def.name, new SourceObject(def, lane.loop, callback));
      return;
    }
    default:
      return;
  }
}

function contextIn(lane: Lane, name: string): AioContext {
  return lane.contexts.get(name)!;
}

function createBottomHalf(lane: Lane, def: BottomHalfDef): void {
  const { name, quiet, guard } = def;
  const callback = lane.newCallback(name, def);
  const ctx = contextIn(lane, def.context);
  const run = (): void => callback.call(quiet ? null : name);
  const bh =
    guard === null
      ? ctx.newBottomHalf(name, run)
      : ctx.newGuardedBottomHalf(name, run, lane.machine.crew!.guard(guard.name));
  lane.objects.bottomHalves.set(name, bh);
  lane.objects.oneshots.set(name, () => ctx.scheduleOneshot(name, run));
  lane.onceRuns.set(name, { ctx, run });
}

function createTimer(lane: Lane, def: TimerDef): void {
  const { name, quiet } = def;
  const callback = lane.newCallback(name, def);
  const group = def.list === 'loop' ? lane.loop.timers : contextIn(lane, def.list).timers;
  const run = (): void => callback.call(quiet ? null : name);
  lane.objects.timers.set(name, group.newTimer(clockType(def.clock), name, run));
}

function createCoroutine(lane: Lane, def: CoroutineDef): CoroutineLike {
  const { crew } = lane.machine;
  if (crew !== null) return createShared(lane, crew, def);
  const { coroutines } = lane;
  const co = coroutines.create(coroutineBody(lane, def), def.name);
  const schedule = (): void => coroutines.schedule(co);
  return {
    shared: null,
    enter: () => coroutines.enter(co),
    wake: () => coroutines.wake(co),
    wakeFromThread: () => coroutines.wakeFromThread(co),
    schedule,
    scheduleIn: schedule,
    home: 'main',
  };
}

function createPollNotifier(lane: Lane, def: PollNotifierDef): void {
  const callback = lane.newCallback(def.name, def);
  lane.loop.addPollNotifier(({ state }) => callback.call(`${def.name}:${state}`));
}

function createFds(lane: Lane, def: FdDef): void {
  const { name, of, doRuns } = def;
  const { world, host, crew } = lane.machine;
  const fds = new FdSet(def, {
    world,
    host,
    ctx: contextIn(lane, def.context),
    of: of === null ? null : (lane.object('fds', of.name) as FdSet),
    read: lane.newCallback(name, def),
    write: lane.newCallback(name, { do: def.doWrite, doRuns }),
    onOpen: (fd, peer) => crew?.fds.publish(name, fd, peer),
    onWatch: (has) => crew?.fds.setWatched(of?.name ?? name, has),
  });
  lane.objects.fds.set(name, fds);
}

function createNotifier(lane: Lane, def: NotifierDef): void {
  const { log, machine } = lane;
  const { host, crew } = machine;
  const notifier = new NotifierObject(def, {
    host,
    ctx: contextIn(lane, def.context),
    log,
    callback: lane.newCallback(def.name, def),
    onIoPoll: () => machine.ioPoll(),
    isShared: crew !== null,
  });
  crew?.fds.publish(def.name, notifier.fd, -1);
  lane.objects.notifiers.set(def.name, notifier);
}
