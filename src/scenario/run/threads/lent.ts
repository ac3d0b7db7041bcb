import type { BottomHalfHandle, ContextHandle, TimerHandle } from '../../../aio/handles.ts';
import type { CoroutineHandle } from '../../../thread/co/co-records.ts';
import type { CoMutexHandle } from '../../../thread/co/shared-co-mutex.ts';
import type { CoQueueHandle } from '../../../thread/co/shared-co-queue.ts';
import type { CoRwlockHandle } from '../../../thread/co/shared-co-rwlock.ts';

/** The part of a thread with a context that other threads get. */
export interface Lent {
  readonly thread: string;
  readonly context: ContextHandle;
  /** Its number among those with coroutines that all threads know. */
  readonly coContext: number;
  readonly coroutines: Readonly<Record<string, CoroutineHandle>>;
  /** Runs the calls that others have queued. */
  readonly calls: BottomHalfHandle;
  readonly queue: SharedArrayBuffer;
  /** Stands until somebody lets it go on. */
  readonly hold: BottomHalfHandle;
  /** Tells that the loop has come round. */
  readonly round: BottomHalfHandle;
  /** The bottom half that qemu_notify_event schedules, which is main's; null of another thread. */
  readonly notify: BottomHalfHandle | null;
  readonly bottomHalves: Readonly<Record<string, BottomHalfHandle>>;
  readonly timers: Readonly<Record<string, TimerHandle>>;
  /** Bottom halves that stand for one-shots, and a word for each: 1 while it is scheduled. */
  readonly oneshots: Readonly<Record<string, OneshotsHandle>>;
}

/** Queues and locks of coroutines, by name, as all threads get them. */
export interface CoHandles {
  readonly queues: Readonly<Record<string, CoQueueHandle>>;
  readonly mutexes: Readonly<Record<string, CoMutexHandle>>;
  readonly rwlocks: Readonly<Record<string, CoRwlockHandle>>;
}

export interface OneshotsHandle {
  readonly handles: readonly BottomHalfHandle[];
  readonly taken: Int32Array;
  /** One that aio_wait_bh_oneshot waits for, and its word, behind the others. */
  readonly waited: BottomHalfHandle;
}
