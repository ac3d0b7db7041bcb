import type { AioContext } from '../aio/aio-context.ts';
import type { BottomHalf } from '../aio/bottom-half.ts';
import type { PoolJob } from './pool-run.ts';
import type { ThreadRun } from './thread-run.ts';
import type { Workers } from './workers.ts';

/** The worker threads of a pool. An error that ends one comes out of the context's loop, or of close. */
export class PoolRuns {
  readonly all = new Set<ThreadRun>();
  readonly #workers: Workers;
  readonly #failedBh: BottomHalf;

  /** @param failed called in the context's loop when an error has ended some */
  constructor(context: AioContext, workers: Workers, failed: () => void) {
    this.#workers = workers;
    // One error in a round: the others come out of the next ones.
    this.#failedBh = context.newBottomHalf('thread_pool_failed_bh', () => {
      this.#failedBh.schedule();
      failed();
      for (const run of this.all) run.check();
      this.#failedBh.cancel();
    });
  }

  start(options: PoolJob): void {
    const failedBh = this.#failedBh.share();
    this.all.add(this.#workers.start({ kind: 'pool', name: 'worker', options, failedBh }));
  }

  /** Forgets those that have ended, unless their error has yet to come out of the loop. */
  reap(): void {
    for (const run of this.all) {
      if (!run.ended) continue;
      this.#workers.join(run);
      if (run.failure === null) this.all.delete(run);
    }
  }

  /**
   * Blocks until all have ended.
   * @throws the error that ended one, if it has not come out of the loop; AggregateError of several
   */
  close(): void {
    const runs = [...this.all];
    for (const run of runs) this.#workers.join(run);
    this.all.clear();
    this.#failedBh.delete();
    const errors = runs.map((run) => run.takeFailure()).filter((error) => error !== null);
    if (errors.length > 1) throw new AggregateError(errors, 'ThreadPool.dispose: functions threw');
    if (errors.length === 1) throw errors[0];
  }
}
