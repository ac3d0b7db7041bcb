/** futexWait for lenses that treat all waits alike: 0 after the timeout, anything else otherwise. */

import { ETIMEDOUT } from '../errno.ts';

/** How a lens calls a wait that it cuts short, and its own result. */
const WOKEN = 1;

/** The result of a futexWait, as that of a poll. */
export function asPoll(ret: number): number {
  return ret === -ETIMEDOUT ? 0 : ret === 0 ? WOKEN : ret;
}

/** The result of a poll that asPoll made, as that of a futexWait. */
export function asFutexWait(ret: number): number {
  return ret === 0 ? -ETIMEDOUT : ret === WOKEN ? 0 : ret;
}
