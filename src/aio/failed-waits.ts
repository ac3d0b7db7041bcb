import { EACCES, EBADF, EINTR, EINVAL, ENOSYS, EPERM, HostError } from '../host/errno.ts';

/** In a row. A wait that fails returns at once, so that a loop would spin on it, and hear of no signal. */
const MOST_FAILED = 1_000;
/** That say of an epoll that it will never do. */
const USELESS = [-EACCES, -EBADF, -EINVAL, -ENOSYS, -EPERM];

/** Whether poll is to be tried in the place of epoll_wait. */
export function isEpollUseless(ret: number): boolean {
  return ret < 0 && USELESS.includes(ret);
}

/** Ends a loop whose waits all fail. One that fails now and then (no memory) is tried again. */
export class FailedWaits {
  /** How many failed since one did not. */
  #count = 0;

  /**
   * Gives ret back. That a signal came (EINTR) is no failure.
   * @throws HostError for too many failures in a row
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
