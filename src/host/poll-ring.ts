/**
 * An io_uring of poll requests. Requests are one-shot: each has one completion, once its file is ready.
 * See Host.openPollRing.
 */
export interface PollRing {
  /** Readable while there is a completion. */
  readonly fd: number;
  /** How many requests have been put into the submission ring since the last submit. */
  readonly queued: number;
  /** How many completions there are. It grows while somebody goes through them. */
  readonly ready: number;
  /**
   * IORING_OP_POLL_ADD. A full submission ring is submitted first.
   * @param data comes back with the completion; not 0
   */
  add(fd: number, events: number, data: number): void;
  /** IORING_OP_POLL_REMOVE of the request with that data. Its own completion has data 0. */
  remove(data: number): void;
  /**
   * io_uring_enter(2), without a wait. Completions that found no room come into the ring. Returns 0
   * or -errno.
   */
  submit(): number;
  /** The data of a completion, from 0 on. */
  data(at: number): number;
  /** The POLL* events of a completion, or -errno. */
  result(at: number): number;
  /** The first `count` completions leave the ring. */
  seen(count: number): void;
  close(): void;
}
