import type { World } from '../world.ts';
import type { MainThreads } from './main-threads.ts';

type StartThreads = typeof MainThreads.make;

/**
 * The function of a world that starts the threads of a file, which need Workers of Node; null if it has
 * none but main.
 */
export function threadsOf(world: World): StartThreads | null {
  return (world as { readonly startThreads?: StartThreads }).startThreads ?? null;
}
