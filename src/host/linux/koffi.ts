import { isMainThread } from 'node:worker_threads';
import real from 'koffi';

/**
 * koffi, or a stand-in that binds nothing: the library can be imported on every system, and the real host
 * refuses to be made there.
 */
const koffi = process.platform === 'linux' ? real : standIn();

/** A Worker's stack and memory for the arguments of C functions, which stay when it ends; 3 MiB by default. */
const WORKER_SIZES = { sync_stack_size: 1024 * 1024, sync_heap_size: 256 * 1024 };

if (koffi === real && !isMainThread) limit();

function limit(): void {
  try {
    real.config(WORKER_SIZES);
  } catch {
    // The Worker has loaded a library with it before.
  }
}

export default koffi;

function standIn(): typeof real {
  const func = () => () => 0;
  const view = (_address: unknown, bytes: number) => new ArrayBuffer(bytes);
  return { load: () => ({ func }), view, address: () => 0 } as unknown as typeof real;
}
