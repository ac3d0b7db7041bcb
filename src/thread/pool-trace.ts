import type { AioContext } from '../aio/aio-context.ts';
import { EV } from '../trace/catalogue.ts';
import type { PoolQueue } from './pool-queue.ts';
import type { Element } from './pool-requests.ts';
import type { PoolWork } from './pool-work.ts';

const T_SUBMIT = EV.thread_pool_submit;
const T_CANCEL = EV.thread_pool_cancel;
const T_WORK = EV.thread_pool_work;
const T_COMPLETE = EV.thread_pool_complete;

/**
 * The events of a thread pool, all of them in its home thread: a worker puts its times into the
 * request, if somebody wants them.
 */
export class PoolTrace {
  readonly #context: AioContext;
  readonly #queue: PoolQueue;

  constructor(context: AioContext, queue: PoolQueue) {
    this.#context = context;
    this.#queue = queue;
  }

  /** Work in a few words; null if nobody wants to know when it is done. */
  nameOf(work: PoolWork): string | null {
    if (this.#context.trace.on[T_WORK] === 0) return null;
    return work.op === 'call' ? work.function.name : work.op;
  }

  submitted({ id }: Element): void {
    const { trace, name } = this.#context;
    if (trace.on[T_SUBMIT] !== 0) trace.emit(T_SUBMIT, name, id, 0);
  }

  cancelled({ id }: Element): void {
    const { trace } = this.#context;
    if (trace.on[T_CANCEL] !== 0) trace.emit(T_CANCEL, id, 0);
  }

  /** @param slot that it had; negative if it had none */
  completed({ id, traced }: Element, slot: number, ret: number): void {
    const { trace, name } = this.#context;
    if (!trace.active) return;
    const work = slot < 0 || traced === null ? null : this.#queue.work(slot);
    if (work !== null && trace.on[T_WORK] !== 0) {
      trace.emit(T_WORK, name, id, traced!, work.worker, work.takenNs, work.doneNs);
    }
    if (trace.on[T_COMPLETE] !== 0) trace.emit(T_COMPLETE, name, id, 0, ret);
  }
}
