import type { QemuTimer } from '../../aio/timer.ts';
import type { CoMutex } from '../../coroutine/co-mutex.ts';
import type { CoQueue } from '../../coroutine/co-queue.ts';
import type { CoRwlock } from '../../coroutine/co-rwlock.ts';
import type { SharedCoMutex } from '../../thread/co/shared-co-mutex.ts';
import type { SharedCoQueue } from '../../thread/co/shared-co-queue.ts';
import type { SharedCoRwlock } from '../../thread/co/shared-co-rwlock.ts';
import type { SharedCoroutine } from '../../thread/co/shared-coroutine.ts';
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

/** A coroutine, as actions use it. */
export interface CoroutineLike {
  /** It, if other threads know it too. */
  readonly shared: SharedCoroutine | null;
  enter(): void;
  wake(): void;
  wakeFromThread(): void;
  /** In its own context. */
  schedule(): void;
  scheduleIn(context: string): void;
  /** The context that entered it last. */
  readonly home: string;
}

/** The kinds of objects that live in a thread. */
export interface Objects {
  readonly bottomHalves: BottomHalfLike;
  /** Schedules a bottom half's callback once. */
  readonly oneshots: () => void;
  readonly timers: TimerLike;
  readonly fds: FdLike;
  readonly notifiers: NotifierLike;
  readonly coroutines: CoroutineLike;
  readonly queues: CoQueue | SharedCoQueue;
  readonly mutexes: CoMutex | SharedCoMutex;
  readonly rwlocks: CoRwlock | SharedCoRwlock;
  readonly sources: SourceObject;
}
