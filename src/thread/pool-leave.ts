/**
 * How a worker of a thread pool leaves, while home may give it a request.
 *
 * Invariant:
 *  P7. A worker counts itself as gone, then looks at TAIL. Home moves TAIL, then looks whether there is any
 *      worker. So either the worker sees the request, and stays, or home makes another one for it. Without it:
 *      explore thread-pool-leaves --without looks-again, explore thread-pool-leaves --without home-looks
 */

import type { PoolQueue } from './pool-queue.ts';

/** A worker that has waited for too long leaves, unless it is needed. Returns whether it does. */
export function leaves(queue: Pick<PoolQueue, 'isEmpty' | 'leavesAbove' | 'addCurrent'>): boolean {
  if (!queue.isEmpty || !queue.leavesAbove('min')) return false;
  if (queue.isEmpty) return true;
  queue.addCurrent(1);
  return false;
}

/** Whether the worker that home counted on for its last request has left before it (P7). */
export function allHaveLeft({ current }: Pick<PoolQueue, 'current'>): boolean {
  return current === 0;
}
