import { assertionFailed } from '../../../aio/abort.ts';
import type { AioContext } from '../../../aio/aio-context.ts';
import type { Lane } from '../lane.ts';

/**
 * The context that aio_poll may poll in this thread: its own, or main's iohandler. A function cannot
 * leave its thread, so the bottom halves of main's cannot run in another thread, even with the BQL.
 * @param name null for its own
 * @throws QemuAbort for any other
 */
export function polledContext(lane: Lane, name: string | null): AioContext {
  const found = lane.contexts.get(name ?? lane.name);
  if (found !== undefined) return found;
  throw assertionFailed('aio_poll', HOME);
}

const HOME =
  'in_aio_context_home_thread(ctx == iohandler_get_aio_context() ? qemu_get_aio_context() : ctx)';
