import type { TraceRecord } from '../../trace/read.ts';

/** A worker of a thread pool, and the requests that it did. */
export interface PoolWorker {
  readonly name: string;
  /** In order of time. */
  readonly works: readonly Work[];
}

interface Work {
  readonly fromNs: number;
  readonly toNs: number;
  readonly name: string;
  /** The event that tells it. */
  readonly event: number;
}

/** The workers of thread pools, in order of their first completions. */
export function findWorkers(events: readonly TraceRecord[]): readonly PoolWorker[] {
  const found = new Map<unknown, { name: string; works: Work[] }>();
  events.forEach(({ name, args }, event) => {
    if (name !== 'thread_pool_work') return;
    let worker = found.get(args.worker);
    if (worker === undefined) {
      worker = { name: `worker ${found.size + 1} of ${args.pool}`, works: [] };
      found.set(args.worker, worker);
    }
    const [fromNs, toNs] = [Number(args.taken), Number(args.done)];
    worker.works.push({ fromNs, toNs, name: String(args.work), event });
  });
  for (const { works } of found.values()) works.sort((a, b) => a.fromNs - b.fromNs);
  return [...found.values()];
}
