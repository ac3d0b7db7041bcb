import { QemuAbort } from '../aio/abort.ts';
import type { CoroutineSteps } from './coroutine.ts';
import type { Coroutines } from './coroutines.ts';

/**
 * A `yield` that checks that a coroutine runs: `yield* coYield(coroutines)`.
 * @throws QemuAbort outside of coroutines. QEMU: qemu_coroutine_yield.
 */
export function* coYield(coroutines: Coroutines): CoroutineSteps {
  if (!coroutines.inCoroutine) throw new QemuAbort('Co-routine is yielding to no one');
  yield;
}
