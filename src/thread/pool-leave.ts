/**
 * How a worker of a thread pool leaves, while home may give it a request.
 *
 * Invariant:
 *  P7. A worker counts itself as gone, then looks at TAIL. Home moves TAIL, then looks whether there are fewer
 *      workers than before. So either the worker sees the request, and stays, or home makes another one for it,
 *      though all others may be busy. Without it:
 *      explore thread-pool-leaves --without looks-again, explore thread-pool-leaves --without home-looks
 */

import { MOST_WORKERS, type PoolQueue } from './pool-queue.ts';

/** A worker that has waited for too long leaves, unless it is needed. Returns whether it does. */
export function leaves(queue: Pick<PoolQueue, 'isEmpty' | 'leavesAbove' | 'addCurrent'>): boolean {
  if (!queue.isEmpty || !queue.leavesAbove('min')) return false;
  if (queue.isEmpty) return true;
  queue.addCurrent(1);
  return false;
}

/** Whether a request needs one more worker, since all are busy. */
export function isShort({
  idle,
  current,
  max,
}: Pick<PoolQueue, 'idle' | 'current' | 'max'>): boolean {
  return idle === 0 && current < Math.min(max, MOST_WORKERS);
}

/**
 * Whether the worker that home counted on for its last request has left before it (P7).
 * @param counted the workers that there were before home looked whether one was idle
 */
export function hasLeft(
  queue: Pick<PoolQueue, 'idle' | 'current' | 'max'>,
  counted: number,
): boolean {
  return queue.current < counted && isShort(queue);
}
