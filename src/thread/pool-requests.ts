/** The requests of a thread pool, as its home thread keeps them. */

import type { Coded } from './pool-queue.ts';

/** Gets the result of a request: a value, or -errno. */
export type PoolCompletion = (ret: number) => void;

/** A request under way. QEMU: ThreadPoolElement. */
export interface PoolRequest {
  /**
   * Takes it out if no worker has begun it: it completes with -ECANCELED. Else it does nothing.
   * QEMU: bdrv_aio_cancel_async.
   */
  cancel(): void;
}

/** The slots of elements that have none. */
export const WAITS = -1;
export const CANCELED = -2;
const OVER = -3;

/** An element of the list of all requests, newest first. */
export class Element implements PoolRequest {
  /** Names it in traces. */
  readonly id: number;
  /** Its work, while there is no slot for it. */
  work: Coded | null = null;
  /** The work in a few words, if it is traced; null if it is not. */
  readonly traced: string | null;
  readonly done: PoolCompletion | null;
  readonly #cancel: (element: Element) => void;
  slot = WAITS;
  older: Element | null = null;
  newer: Element | null = null;

  constructor(
    id: number,
    traced: string | null,
    done: PoolCompletion | null,
    cancel: (element: Element) => void,
  ) {
    this.id = id;
    this.traced = traced;
    this.done = done;
    this.#cancel = cancel;
  }

  cancel(): void {
    this.#cancel(this);
  }
}

/** All requests of a pool that have not completed, newest first. QEMU: pool->head. */
export class RequestList {
  #newest: Element | null = null;

  get newest(): Element | null {
    return this.#newest;
  }

  add(element: Element): void {
    element.older = this.#newest;
    if (this.#newest !== null) this.#newest.newer = element;
    this.#newest = element;
  }

  remove(element: Element): void {
    const { older, newer } = element;
    if (newer === null) this.#newest = older;
    else newer.older = older;
    if (older !== null) older.newer = newer;
    element.slot = OVER;
  }

  /** Cancels each, and takes it off. */
  clear(cancel: (element: Element) => void): void {
    while (this.#newest !== null) {
      cancel(this.#newest);
      this.remove(this.#newest);
    }
  }
}

/** Requests for which there is no slot yet, oldest first. */
export class WaitingRequests {
  readonly #list: Element[] = [];

  get first(): Element | undefined {
    return this.#list[0];
  }

  add(element: Element, work: Coded): void {
    element.work = work.copy();
    this.#list.push(element);
  }

  remove(element: Element): void {
    element.work = null;
    this.#list.splice(this.#list.indexOf(element), 1);
  }
}
