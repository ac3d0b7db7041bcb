import { assertionFailed } from '../aio/abort.ts';
import { leakError } from '../aio/aio-context.ts';
import type { BottomHalfHandle, ContextHandle } from '../aio/handles.ts';
import { LeftContext } from '../aio/left-context.ts';
import { nobodyWrites } from '../aio/wake/sleeper.ts';
import type { Host } from '../host/host.ts';
import { CO_LIST } from './context-words.ts';

/**
 * Finalizes the context of a thread that has ended, and closes its eventfd. Returns the error if work
 * was scheduled there since. QEMU: aio_ctx_finalize.
 * @param bhs as its thread told; null if it was terminated
 */
export function finalizeLeft(
  handle: ContextHandle,
  bhs: readonly BottomHalfHandle[] | null,
  host: Host,
): Error | null {
  const hasCoroutines = Atomics.load(new Int32Array(handle.words), CO_LIST) !== 0;
  const left = new LeftContext(handle, bhs);
  const leaked = left.close();
  if (nobodyWrites(left.inbox, host)) host.close(handle.wakeFd);
  if (bhs !== null && hasCoroutines) {
    return assertionFailed('aio_ctx_finalize', 'QSLIST_EMPTY(&ctx->scheduled_coroutines)');
  }
  return leaked.length > 0 ? leakError(leaked) : null;
}
