import { QemuAbort } from '../../../aio/abort.ts';
import { clockType } from '../../../aio/clock.ts';
import { EAGAIN, EINTR } from '../../../host/errno.ts';
import type { HostBuffer } from '../../../host/host.ts';
import { SharedCoMutex } from '../../../thread/co/shared-co-mutex.ts';
import { SharedCoQueue } from '../../../thread/co/shared-co-queue.ts';
import { SharedCoRwlock } from '../../../thread/co/shared-co-rwlock.ts';
import type { CoroutineDef, FdDef, ObjectDef, TimerDef, Watch } from '../../model.ts';
import { ScenarioEnded } from '../ended.ts';
import { homeOf, threadOf } from '../homes.ts';
import type {
  BottomHalfLike,
  CoroutineLike,
  FdLike,
  NotifierLike,
  Objects,
  TimerLike,
} from '../lane-objects.ts';
import { type Call, type CallName, watchNumber } from './call-queue.ts';
import { likeOf, type OwnContext } from './co-like.ts';
import type { Crew, Mate } from './crew.ts';

/** Objects of other threads, by what may be done to them from this one. */
export function remoteOf(
  crew: Crew,
  own: OwnContext,
  kind: keyof Objects,
  name: string,
): Objects[keyof Objects] | undefined {
  const number = crew.scenario.objects.findIndex((one) => one.name === name);
  const def = crew.scenario.objects[number];
  if (def === undefined) return undefined;
  switch (kind) {
    case 'bottomHalves':
      return def.section === 'bottom_halves' ? bottomHalf(crew, def.context, name) : undefined;
    case 'oneshots':
      return def.section === 'bottom_halves' ? oneshot(crew, def.context, name) : undefined;
    case 'timers':
      return def.section === 'timers' ? timer(crew, def) : undefined;
    case 'fds':
      if (def.section !== 'fds') return undefined;
      return fd(crew, def, asker(crew, threadOf(def.context), number));
    case 'notifiers':
      if (def.section !== 'notifiers') return undefined;
      return notifier(crew, def, asker(crew, threadOf(def.context), number));
    case 'coroutines':
      if (def.section !== 'coroutines') return undefined;
      return coroutine(crew, own, def);
    case 'queues':
      return def.section === 'co_queues'
        ? new SharedCoQueue(crew.co!, crew.locks!.queues[name])
        : undefined;
    case 'mutexes':
      return def.section === 'co_mutexes'
        ? new SharedCoMutex(crew.co!, crew.locks!.mutexes[name])
        : undefined;
    case 'rwlocks':
      return def.section === 'co_rwlocks'
        ? new SharedCoRwlock(crew.co!, crew.locks!.rwlocks[name])
        : undefined;
    default:
      return undefined;
  }
}

function bottomHalf(crew: Crew, thread: string, name: string): BottomHalfLike {
  const handle = crew.mate(threadOf(thread)).lent.bottomHalves[name]!;
  return crew.remoteBh(handle);
}

function coroutine(crew: Crew, own: OwnContext, def: CoroutineDef): CoroutineLike {
  const handle = crew.mate(threadOf(def.context)).lent.coroutines[def.name]!;
  return likeOf(crew, own, def, crew.co!.from(handle));
}

function oneshot(crew: Crew, thread: string, name: string): () => void {
  const { handles, taken } = crew.mate(threadOf(thread)).lent.oneshots[name]!;
  const remotes = handles.map((handle) => crew.remoteBh(handle));
  return () => {
    const free = remotes.findIndex((_, i) => Atomics.compareExchange(taken, i, 0, 1) === 0);
    if (free < 0) throw new ScenarioEnded(`more than ${remotes.length} one-shots of '${name}'`);
    remotes[free]!.schedule();
  };
}

/** Asks a thread for something that is done to one of its objects. */
type Ask = (name: CallName, a?: number) => void;

function asker(crew: Crew, thread: string, object: number): Ask {
  return (name, a = 0) => askMate(crew.mate(thread), { name, object, a, b: 0, c: 0 });
}

export function askMate({ queue, calls }: Mate, call: Call): void {
  queue.push(call);
  // In QEMU the caller does it itself: it is no progress of the other thread's.
  calls.scheduleIdle();
}

function timer(crew: Crew, def: TimerDef): TimerLike {
  const handle = crew.mate(homeOf(def)).lent.timers[def.name]!;
  const remote = crew.remoteTimer(handle);
  const nowNs = (): number => crew.nowNs(clockType(def.clock));
  return {
    modNs: (ns) => remote.modNs(ns),
    modFromNowNs: (ns) => remote.modNs(nowNs() + ns),
    modAnticipateNs: (ns) => remote.modAnticipateNs(ns),
    del: () => remote.del(),
    get pending(): boolean {
      return remote.pending;
    },
    get expireTimeNs(): number {
      return remote.expireTimeNs;
    },
  };
}

function fd(crew: Crew, def: FdDef, ask: Ask): FdLike {
  const one = oneIn(crew);
  const { name } = def;
  // Those of another object are the same ones.
  const owner = def.of?.name ?? name;
  return {
    fds: [],
    watch: (watch: Watch | null) => {
      crew.fds.setWatched(owner, true);
      ask('watch', watchNumber(watch));
    },
    // QEMU notifies nobody if there are no handlers.
    unwatch: () => {
      if (!crew.fds.isWatched(owner)) return;
      crew.fds.setWatched(owner, false);
      ask('unwatch');
    },
    kick: () => {
      const to = def.kind === 'eventfd' ? crew.fds.fd(name) : crew.fds.peer(name);
      if (to < 0 || def.kind === 'pipe_write' || def.many) {
        throw new QemuAbort(
          `kick: thread ${crew.machine.thread.name} cannot make '${name}' readable`,
        );
      }
      write(crew, to, one);
    },
    closePeer: () => {
      const peer = crew.fds.peer(name);
      if (peer < 0) throw new QemuAbort(`close_peer: '${name}' has no other end`);
      crew.machine.host.close(peer);
      crew.fds.publish(name, crew.fds.fd(name), -1);
    },
    closeFd: () => {
      throw elsewhere(def);
    },
    reopen: () => {
      throw elsewhere(def);
    },
    close: () => {},
  };
}

function notifier(crew: Crew, { name }: ObjectDef, ask: Ask): NotifierLike {
  const one = oneIn(crew);
  return {
    fd: crew.fds.fd(name),
    set: () => write(crew, crew.fds.fd(name), one),
    flag: () => ask('flag'),
    testAndClear: () => {
      const got = crew.machine.host.read(crew.fds.fd(name), one, 8, 8);
      return got === 8;
    },
    flagged: false,
    cleared: 0,
    close: () => {},
  };
}

/** The number 1, and room for a read. */
function oneIn({ machine }: Crew): HostBuffer {
  const buffer = machine.host.alloc(16);
  buffer.i32[0] = 1;
  return buffer;
}

function write({ machine: { host } }: Crew, fd: number, one: HostBuffer): void {
  let ret: number;
  do {
    ret = host.write(fd, one, 0, 8);
  } while (ret === -EINTR);
  if (ret < 0 && ret !== -EAGAIN) throw new QemuAbort(`write of fd ${fd}: errno ${-ret}`);
}

function elsewhere({ name, at }: ObjectDef): QemuAbort {
  return new QemuAbort(`'${name}' (line ${at.line}) lives in another thread, which must do this`);
}
