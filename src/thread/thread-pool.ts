import { assertionFailed } from '../aio/abort.ts';
import type { AioContext } from '../aio/aio-context.ts';
import type { BottomHalf } from '../aio/bottom-half.ts';
import type { Coroutine } from '../coroutine/coroutine.ts';
import type { Coroutines } from '../coroutine/coroutines.ts';
import { checkFunction, checkOptions } from '../host/arguments.ts';
import { ECANCELED } from '../host/errno.ts';
import type { Disposable, HostBuffer } from '../host/host.ts';
import { checkNames } from '../host/shape.ts';
import type { MachineState } from './machine-state.ts';
import { hasLeft, isShort } from './pool-leave.ts';
import { PoolObjectTable } from './pool-objects.ts';
import { Coded, PoolQueue, SLOTS } from './pool-queue.ts';
import {
  CANCELED,
  Element,
  type PoolCompletion,
  type PoolRequest,
  RequestList,
  WAITS,
  WaitingRequests,
} from './pool-requests.ts';
import { PoolRuns } from './pool-runs.ts';
import { giveRequest, PoolWaker } from './pool-sleep.ts';
import { PoolTrace } from './pool-trace.ts';
import { encode, type PoolFunction, type PoolWork } from './pool-work.ts';

export interface ThreadPoolOptions {
  /** This thread's view of its machine. */
  readonly machine: MachineState;
  /**
   * Runs in this thread: completions are its bottom half. Its setThreadPoolParams limits the
   * workers. It has one pool.
   */
  readonly context: AioContext;
  /** Copied to each worker for the functions that it calls, by structured clone. */
  readonly data?: unknown;
}

/**
 * Threads that do what blocks, for one context: they make system calls on descriptors, and call
 * functions of modules. The result comes by a bottom half of the context. QEMU: ThreadPool.
 *
 * The first worker is made by a bottom half, so the first request begins with the context's next
 * poll. Later ones begin at once if a worker is idle. Completions that come together are called the
 * newest request first. A worker that was idle for 10 s ends, if there are more than the minimum.
 */
export class ThreadPool implements Disposable {
  readonly #context: AioContext;
  readonly #data: unknown;
  readonly #queue = new PoolQueue();
  readonly #waker: PoolWaker;
  readonly #coded = new Coded();
  readonly #completionBh: BottomHalf;
  readonly #newThreadBh: BottomHalf;
  readonly #runs: PoolRuns;
  readonly #freeSlots = Array.from({ length: SLOTS }, (_, i) => SLOTS - 1 - i);
  readonly #waiting = new WaitingRequests();
  readonly #objects: PoolObjectTable;
  readonly #requests = new RequestList();
  readonly #trace: PoolTrace;
  /** Workers to be made by the bottom half. QEMU: pool->new_threads. */
  #newThreads = 0;
  #lastId = 0;
  #closed = false;

  /**
   * @throws TypeError, RangeError for missing or wrong options. QEMU: thread_pool_new.
   */
  constructor(options: ThreadPoolOptions) {
    checkOptions(options, 'ThreadPool', { machine: 'a MachineState', context: 'an AioContext' });
    const { machine, context, data } = options;
    checkNames(options, 'ThreadPool', { machine, context, data });
    this.#waker = new PoolWaker(machine.host, this.#queue.words);
    this.#data = data;
    this.#context = context;
    this.#trace = new PoolTrace(context, this.#queue);
    if (context.threadPool.changed !== null) {
      throw new Error(`ThreadPool: context '${context.name}' has one already`);
    }
    this.#completionBh = context.newBottomHalf('thread_pool_completion_bh', () => this.#complete());
    this.#runs = new PoolRuns(context, machine.workers, this.#replace);
    this.#objects = new PoolObjectTable(machine.host, this.#runs.all);
    this.#newThreadBh = context.newBottomHalf('spawn_thread_bh_fn', () => this.#makeThreads());
    context.threadPool.changed = () => this.#limit();
    this.#limit();
  }

  // Memory and functions that the workers share

  /** Memory for requests of this pool, zeroed. It stays until free, or the end of the pool. */
  alloc(bytes: number): HostBuffer {
    this.#checkOpen('ThreadPool.alloc');
    return this.#objects.alloc(bytes);
  }

  /** No request may use it any more. */
  free(buffer: HostBuffer): void {
    this.#objects.free(buffer);
  }

  /**
   * Makes a function known that a module exports, a PoolCallee. A worker loads the module when it
   * first calls the function; what module or function throws comes out of this context's loop.
   * @param module the URL or the absolute path of its file
   */
  function(module: string | URL, name = 'default'): PoolFunction {
    this.#checkOpen('ThreadPool.function');
    return this.#objects.function(module, name);
  }

  /**
   * Begins a request; `done` is called with its result by a poll of the context.
   * @throws TypeError, RangeError if the work is wrong. QEMU: thread_pool_submit_aio.
   */
  submitAio(work: PoolWork, done: PoolCompletion): PoolRequest {
    checkFunction(done, 'thread_pool_submit_aio: the completion');
    return this.#submit(work, done);
  }

  /** Begins a request whose result nobody wants. QEMU: thread_pool_submit. */
  submit(work: PoolWork): void {
    this.#submit(work, null);
  }

  /**
   * Does work in a coroutine, which goes on with the result: `yield* pool.submitCo(coroutines, …)`.
   * QEMU: thread_pool_submit_co.
   * @throws QemuAbort outside of a coroutine
   */
  *submitCo(coroutines: Coroutines, work: PoolWork): Generator<void, number> {
    if (!coroutines.inCoroutine) {
      throw assertionFailed('thread_pool_submit_co', 'qemu_in_coroutine()');
    }
    const co: Coroutine = coroutines.self;
    let result = 0;
    this.#submit(work, (ret) => {
      result = ret;
      coroutines.wake(co);
    });
    yield;
    return result;
  }

  /**
   * The limits have changed: workers that miss are made by the next poll, those that are too many
   * end. QEMU: thread_pool_update_params.
   */
  #limit(): void {
    const { min, max } = this.#context.threadPool;
    const queue = this.#queue;
    queue.setLimits(min, max);
    for (let n = queue.current; n < min; n++) this.#wantThread();
    this.#waker.wakeSome(queue.current - max);
  }

  /** The workers that run or are being made. */
  get workers(): number {
    return this.#queue.current - this.#newThreads;
  }

  /**
   * Ends the workers, and waits for them.
   * @throws QemuAbort if a request has not completed; the error of a function, unless it has come out of
   *   the context's loop. QEMU: thread_pool_free.
   */
  dispose(): void {
    if (this.#closed) return;
    if (this.#requests.newest !== null)
      throw assertionFailed('thread_pool_free', 'QLIST_EMPTY(&pool->head)');
    this.#closed = true;
    this.#context.threadPool.changed = null;
    this.#newThreadBh.delete();
    this.#queue.addCurrent(-this.#newThreads);
    this.#newThreads = 0;
    this.#queue.setLimits(0, 0);
    this.#waker.wakeSome(this.#queue.current);
    this.#completionBh.delete();
    this.#runs.close();
  }

  /** No request completes any more, so dispose may follow; what has begun is done. @internal */
  dropRequests(): void {
    this.#requests.clear(this.#cancel);
  }

  #submit(work: PoolWork, done: PoolCompletion | null): PoolRequest {
    this.#checkOpen('thread_pool_submit');
    const coded = this.#coded;
    encode(work, coded, this.#objects.idOf);
    const traced = this.#trace.nameOf(work);
    const element = new Element(++this.#lastId, traced, done, this.#cancel);
    this.#trace.submitted(element);
    this.#requests.add(element);
    const counted = this.#queue.current;
    if (isShort(this.#queue)) this.#wantThread();
    const mustWait = this.#waiting.first !== undefined || !this.#push(element, coded, counted);
    if (mustWait) this.#waiting.add(element, coded);
    return element;
  }

  #pushWaiting(): void {
    for (let first = this.#waiting.first; first !== undefined; first = this.#waiting.first) {
      if (!this.#push(first, first.work!, this.#queue.current)) return;
      this.#waiting.remove(first);
    }
  }

  /** Returns false if there is no room for it now. */
  #push(element: Element, work: Coded, counted: number): boolean {
    if (this.#freeSlots.length === 0 || !this.#queue.hasRoom) return false;
    element.slot = this.#freeSlots.pop()!;
    giveRequest(this.#queue, this.#waker, element.slot, work, element.traced !== null);
    if (hasLeft(this.#queue, counted)) this.#wantThread();
    return true;
  }

  readonly #cancel = (element: Element): void => {
    this.#trace.cancelled(element);
    if (element.slot === WAITS) {
      this.#waiting.remove(element);
      element.slot = CANCELED;
    } else if (element.slot < 0 || !this.#queue.cancel(element.slot)) {
      return;
    }
    this.#completionBh.schedule();
  };

  /**
   * Calls completions, the newest first, and looks again from the newest after each, which may have
   * polled. QEMU: thread_pool_completion_bh.
   */
  #complete(): void {
    this.#pushWaiting();
    for (let element = this.#requests.newest; element !== null; ) {
      const { older }: Element = element;
      const ret = this.#isDone(element) ? this.#take(element) : null;
      if (ret === null || element.done === null) {
        element = older;
        continue;
      }
      // The completion may poll, and wait for another request that is done already.
      this.#completionBh.schedule();
      element.done(ret);
      if (!this.#closed) this.#completionBh.cancel();
      element = this.#requests.newest;
    }
  }

  #isDone({ slot }: Element): boolean {
    return slot === CANCELED || (slot >= 0 && this.#queue.isDone(slot));
  }

  /** Takes a request off the list. Returns its result. */
  #take(element: Element): number {
    const { slot } = element;
    this.#requests.remove(element);
    const ret = slot === CANCELED ? -ECANCELED : this.#queue.result(slot);
    this.#trace.completed(element, slot, ret);
    if (slot === CANCELED) return ret;
    this.#freeSlots.push(slot);
    this.#pushWaiting();
    return ret;
  }

  /** An error has ended a worker, and requests may have been left to it. */
  readonly #replace = (): void => {
    if (!this.#queue.isEmpty && isShort(this.#queue)) this.#wantThread();
  };

  /** QEMU: spawn_thread. */
  #wantThread(): void {
    this.#queue.addCurrent(1);
    this.#newThreads++;
    this.#newThreadBh.schedule();
  }

  /** QEMU: do_spawn_thread. */
  #makeThreads(): void {
    this.#runs.reap();
    for (; this.#newThreads > 0; this.#newThreads--) {
      this.#runs.start({
        queue: this.#queue.memory,
        data: this.#data,
        completionBh: this.#completionBh.share(),
        news: this.#objects.news,
      });
    }
  }

  #checkOpen(what: string): void {
    if (this.#closed) throw new Error(`${what}: the pool is disposed of`);
  }
}
