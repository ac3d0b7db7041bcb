const INT_MAX = 0x7fffffff;

/** The limits of a context's thread pool. */
export interface ThreadPoolParams {
  min: number;
  max: number;
  /** Called when they have changed, if there is a pool. */
  changed: (() => void) | null;
}

/** @throws RangeError with QEMU's text */
export function checkThreadPoolParams(min: number, max: number): void {
  if (min <= max && max > 0 && max <= INT_MAX) return;
  throw new RangeError('bad thread-pool-min/thread-pool-max values');
}
