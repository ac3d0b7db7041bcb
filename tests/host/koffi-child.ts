/** Run alone by koffi.test.ts: tells how much memory koffi has for a call, in the main thread and in a Worker. */

import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import koffi from '../../src/host/linux/koffi.ts';

function sizes(): string {
  const { sync_stack_size: stack = 0, sync_heap_size: heap = 0 } = koffi.config();
  return `${stack / 1024}+${heap / 1024} KiB`;
}

if (isMainThread) {
  const worker = new Worker(process.argv[1]!);
  worker.once('message', (their) => console.log(`main ${sizes()}, worker ${their}`));
} else parentPort!.postMessage(sizes());
