/** A worker of a thread pool, in its own thread. */

import { availableParallelism } from 'node:os';
import type { BottomHalfHandle } from '../aio/handles.ts';
import { checkFunction } from '../host/arguments.ts';
import { ECANCELED } from '../host/errno.ts';
import type { Host, HostBuffer } from '../host/host.ts';
import { EV } from '../trace/catalogue.ts';
import { exportsOf } from './module-url.ts';
import { leaves } from './pool-leave.ts';
import { giveNumber, takeNumber } from './pool-numbers.ts';
import { PoolQueue } from './pool-queue.ts';
import { PoolSleep, PoolWaker, takeRequest } from './pool-sleep.ts';
import { type PoolCallee, type PoolObjects, perform } from './pool-work.ts';
import { RemoteBottomHalf } from './remote-bottom-half.ts';
import type { ThreadSelf } from './thread-entry.ts';
import { traceClock } from './trace-clock.ts';

const T_WORK = EV.thread_pool_work;

/** How long a worker waits for work before it ends. QEMU: worker_thread. */
const IDLE_NS = 10_000_000_000;

/** The options of a worker's job. */
export interface PoolJob {
  readonly queue: SharedArrayBuffer;
  readonly data: unknown;
  /** Scheduled when a request is done. */
  readonly completionBh: BottomHalfHandle;
  /** The buffers and functions that the pool has now. */
  readonly news: readonly PoolNews[];
}

/** A buffer or function that the pool has got, or given up. */
export type PoolNews =
  | { readonly buffer: number; readonly memory: SharedArrayBuffer | null; readonly size: number }
  | { readonly callee: number; readonly module: string; readonly name: string };

/** The pool's buffers and functions, as far as this worker has been told. */
class Objects implements PoolObjects {
  readonly data: unknown;
  readonly #host: Host;
  readonly #receive: () => unknown;
  readonly #buffers = new Map<number, HostBuffer>();
  readonly #callees = new Map<number, { readonly module: string; readonly name: string }>();

  constructor(host: Host, data: unknown, receive: () => unknown) {
    this.data = data;
    this.#host = host;
    this.#receive = receive;
  }

  take(news: PoolNews): void {
    if ('callee' in news) this.#callees.set(news.callee, news);
    else if (news.memory === null) this.#buffers.delete(news.buffer);
    else this.#buffers.set(news.buffer, this.#host.attach(news.memory, news.size));
  }

  /** Takes the news, which are sent before a request that needs them. */
  takeAll(): void {
    for (let news = this.#receive(); news !== undefined; news = this.#receive()) {
      this.take(news as PoolNews);
    }
  }

  readonly buffer = (id: number): HostBuffer => {
    if (!this.#buffers.has(id)) this.takeAll();
    return this.#buffers.get(id)!;
  };

  async callee(id: number): Promise<PoolCallee> {
    if (!this.#callees.has(id)) this.takeAll();
    const { module, name } = this.#callees.get(id)!;
    const callee = (await exportsOf(module))[name];
    checkFunction(callee, `ThreadPool: ${name} of ${module}`);
    return callee as PoolCallee;
  }
}

/** QEMU: worker_thread. */
export async function runPoolWorker(self: ThreadSelf, job: PoolJob): Promise<void> {
  const queue = new PoolQueue(job.queue);
  const number = takeNumber(queue.words);
  self.onExit = () => giveNumber(queue.words, number);
  await work(self, job, queue, number);
}

async function work(
  self: ThreadSelf,
  job: PoolJob,
  queue: PoolQueue,
  number: number,
): Promise<void> {
  const { host } = self;
  const completion = RemoteBottomHalf.from(job.completionBh, host);
  const objects = new Objects(host, job.data, self.receive);
  for (const news of job.news) objects.take(news);
  const scratch = host.alloc(8);
  const nowNs = traceClock(host);
  const tid = host.gettid();
  const sleep = new PoolSleep(host, queue.words, number);
  const waker = new PoolWaker(host, queue.words);
  const idle = new Idle(queue);
  // On one processor home could not send the next request meanwhile; no more can simulated threads.
  const looks = host.kind === 'linux' && availableParallelism() > 1;
  let slot = -1;
  let takenNs = -1;
  const finish = (result: number): void => {
    if (takenNs >= 0) queue.tellWork(slot, tid, takenNs, nowNs(T_WORK));
    queue.finish(slot, result);
    slot = -1;
    completion.schedule();
  };
  // A function may also end the thread by process.exit, which no `finally` sees.
  self.onExit = (failed) => {
    idle.end();
    if (failed) queue.addCurrent(-1);
    giveNumber(queue.words, number);
    if (slot >= 0) finish(-ECANCELED);
  };
  self.tellRunning(null);
  while (!queue.leavesAbove('max')) {
    slot = takeRequest(queue, waker);
    // There may be room for a request that waits for it.
    if (queue.skipped) completion.schedule();
    queue.skipped = false;
    if (slot < 0) {
      idle.begin();
      if (looks && sleep.comesSoon()) continue;
      const inTime = sleep.rest(IDLE_NS);
      idle.end();
      if (!inTime && leaves(queue)) return;
      continue;
    }
    idle.end();
    takenNs = queue.isTraced(slot) ? nowNs(T_WORK) : -1;
    const done = perform(queue, slot, host, objects, scratch);
    const result = typeof done === 'number' ? done : await done;
    // Before the home thread sees that it is done, and makes another worker for its next request.
    if (queue.isEmpty) idle.begin();
    finish(result);
  }
  idle.end();
  // A wake-up that came for work would otherwise be lost with this worker.
  waker.wakeOne();
}

/** Whether a worker counts as idle. */
class Idle {
  readonly #queue: PoolQueue;
  #isIdle = false;

  constructor(queue: PoolQueue) {
    this.#queue = queue;
  }

  begin(): void {
    if (!this.#isIdle) this.#queue.addIdle(1);
    this.#isIdle = true;
  }

  end(): void {
    if (this.#isIdle) this.#queue.addIdle(-1);
    this.#isIdle = false;
  }
}
