import type { BottomHalfHandle, ContextHandle } from '../../../aio/handles.ts';

/** The part of a thread with a context that other threads get. */
export interface Lent {
  readonly thread: string;
  readonly context: ContextHandle;
  /** Runs the calls that others have queued. */
  readonly calls: BottomHalfHandle;
  readonly queue: SharedArrayBuffer;
  /** Stands until somebody lets it go on. */
  readonly hold: BottomHalfHandle;
  /** Tells that the loop has come round. */
  readonly round: BottomHalfHandle;
  /** Does nothing: qemu_notify_event schedules main's. */
  readonly empty: BottomHalfHandle;
  readonly bottomHalves: Readonly<Record<string, BottomHalfHandle>>;
  /** Bottom halves that stand for one-shots, and a word for each: 1 while it is scheduled. */
  readonly oneshots: Readonly<Record<string, OneshotsHandle>>;
}

export interface OneshotsHandle {
  readonly handles: readonly BottomHalfHandle[];
  readonly taken: Int32Array;
  /** One that aio_wait_bh_oneshot waits for, and its word, behind the others. */
  readonly waited: BottomHalfHandle;
}
