import { EACCES, EBADF, EINTR, EINVAL, ENOSYS, EPERM, HostError } from '../host/errno.ts';

/**
 * Failures in a row. A failing wait returns at once, so a loop would spin on it, and never see a
 * signal.
 */
const MOST_FAILED = 1_000;
/** Errors that mean that an epoll will never work. */
const USELESS = [-EACCES, -EBADF, -EINVAL, -ENOSYS, -EPERM];

/** Whether to try poll instead of epoll_wait. */
export function isEpollUseless(ret: number): boolean {
  return ret < 0 && USELESS.includes(ret);
}

/** Ends a loop whose waits all fail. An occasional failure (no memory) is retried. */
export class FailedWaits {
  /** Failures since the last success. */
  #count = 0;

  /**
   * Returns ret. EINTR is not a failure.
   * @throws HostError after too many failures in a row
   */
  check(ret: number, call: string): number {
    if (ret >= 0) {
      if (this.#count !== 0) this.#count = 0;
    } else if (ret !== -EINTR && ++this.#count >= MOST_FAILED) {
      throw new HostError(ret, call);
    }
    return ret;
  }
}
