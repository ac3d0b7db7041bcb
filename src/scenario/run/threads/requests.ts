import type { AioContext } from '../../../aio/aio-context.ts';
import type { CoroutineSteps } from '../../../coroutine/coroutine.ts';
import type { Coroutines } from '../../../coroutine/coroutines.ts';
import type { PoolRequest } from '../../../thread/pool-requests.ts';
import type { PoolFunction, PoolWork } from '../../../thread/pool-work.ts';
import { ThreadPool } from '../../../thread/thread-pool.ts';
import type { RequestDef } from '../../model-threads.ts';
import type { Callback } from '../callback.ts';
import type { Crew } from './crew.ts';
import { here } from './here.ts';

/** The parts of a lane that its pool needs. */
export interface PoolLane {
  readonly context: AioContext;
  readonly coroutines: Coroutines;
  newCallback(name: string, def: RequestDef): Callback;
}

/** The thread pool of a context, and the requests that a file sends to it. */
export class Requests {
  readonly #lane: PoolLane;
  readonly #crew: Crew;
  #pool: ThreadPool | null = null;
  #function: PoolFunction | null = null;
  readonly #under = new Map<string, PoolRequest>();
  readonly #rets = new Map<string, number>();
  readonly #callbacks = new Map<string, Callback>();

  constructor(lane: PoolLane, crew: Crew) {
    this.#lane = lane;
    this.#crew = crew;
  }

  /** The result of a request that has completed. */
  ret(name: string): number {
    return this.#rets.get(name) ?? 0;
  }

  /** thread_pool_submit_aio. */
  submit(def: RequestDef): void {
    const request = this.#open().submitAio(this.#work(def), (ret) => {
      this.#under.delete(def.name);
      this.#completed(def, ret);
    });
    this.#under.set(def.name, request);
  }

  /** thread_pool_submit. */
  submitOnly(def: RequestDef): void {
    this.#open().submit(this.#work(def));
  }

  /** thread_pool_submit_co. */
  *submitCo(def: RequestDef): CoroutineSteps {
    const ret = yield* this.#open().submitCo(this.#lane.coroutines, this.#work(def));
    this.#rets.set(def.name, ret);
  }

  /** bdrv_aio_cancel_async. */
  cancel(name: string): void {
    this.#under.get(name)?.cancel();
  }

  /** The steps may end before a request does. */
  close(): void {
    this.#pool?.dropRequests();
    this.#pool?.dispose();
  }

  #completed(def: RequestDef, ret: number): void {
    this.#rets.set(def.name, ret);
    let callback = this.#callbacks.get(def.name);
    if (callback === undefined) {
      callback = this.#lane.newCallback(def.name, def);
      this.#callbacks.set(def.name, callback);
    }
    callback.call(def.quiet ? null : def.name);
  }

  #open(): ThreadPool {
    if (this.#pool !== null) return this.#pool;
    const { machine, workData, lents } = this.#crew;
    const data = { ...workData, lents };
    this.#pool = new ThreadPool({ machine, context: this.#lane.context, data });
    this.#function = this.#pool.function(here('pool-lane'));
    return this.#pool;
  }

  #work(def: RequestDef): PoolWork {
    this.#open();
    const number = this.#crew.scenario.objects.indexOf(def);
    return { op: 'call', function: this.#function!, args: [number] };
  }
}
