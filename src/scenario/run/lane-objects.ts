import type { QemuTimer } from '../../aio/timer.ts';
import type { CoMutex } from '../../coroutine/co-mutex.ts';
import type { CoQueue } from '../../coroutine/co-queue.ts';
import type { CoRwlock } from '../../coroutine/co-rwlock.ts';
import type { Coroutine } from '../../coroutine/coroutine.ts';
import type { FdSet } from './fds.ts';
import type { NotifierObject } from './notifier-object.ts';
import type { SourceObject } from './source-object.ts';

/** The part of a bottom half that actions use; that of another thread is a RemoteBottomHalf. */
export interface BottomHalfLike {
  schedule(): unknown;
  scheduleIdle(): unknown;
  cancel(): unknown;
  delete(): unknown;
}

export type TimerLike = Pick<
  QemuTimer,
  'del' | 'expireTimeNs' | 'modAnticipateNs' | 'modFromNowNs' | 'modNs' | 'pending'
>;

export type FdLike = Pick<
  FdSet,
  'close' | 'closeFd' | 'closePeer' | 'fds' | 'kick' | 'reopen' | 'unwatch' | 'watch'
>;

export type NotifierLike = Pick<
  NotifierObject,
  'cleared' | 'close' | 'fd' | 'flag' | 'flagged' | 'set' | 'testAndClear'
>;

/** The kinds of objects that live in a thread. */
export interface Objects {
  readonly bottomHalves: BottomHalfLike;
  /** Schedules a bottom half's callback once. */
  readonly oneshots: () => void;
  readonly timers: TimerLike;
  readonly fds: FdLike;
  readonly notifiers: NotifierLike;
  readonly coroutines: Coroutine;
  readonly queues: CoQueue;
  readonly mutexes: CoMutex;
  readonly rwlocks: CoRwlock;
  readonly sources: SourceObject;
}
