import type { Disposable } from '../host/host.ts';

/** A Worker of Node, by the parts used here: a page has no types of Node's. */
export interface SpareWorker {
  removeAllListeners(event: 'error' | 'exit'): unknown;
  terminate(): Promise<number>;
}

/**
 * Workers that have done their jobs, kept for the threads of later machines: a start takes 100 ms.
 * Only for simulated threads, whose end is not that of a kernel thread.
 */
export class SpareWorkers implements Disposable {
  readonly #workers: SpareWorker[] = [];

  /** A Worker that waits for a job; undefined if there is none. */
  take(): SpareWorker | undefined {
    return this.#workers.pop();
  }

  /** Keeps a Worker, which has done its job or is about to return from it. */
  give(worker: SpareWorker): void {
    worker.removeAllListeners('error');
    worker.removeAllListeners('exit');
    this.#workers.push(worker);
  }

  /** Ends those that wait. */
  dispose(): void {
    for (const worker of this.#workers.splice(0)) void worker.terminate();
  }
}
