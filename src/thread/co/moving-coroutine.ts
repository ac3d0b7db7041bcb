import type { AioContext } from '../../aio/aio-context.ts';
import type { CoroutineSteps } from '../../coroutine/coroutine.ts';
import type { RemoteContext } from '../remote-context.ts';
import type { CoRecord } from './co-records.ts';
import type { SharedCoroutines } from './shared-coroutines.ts';

/**
 * The body of a coroutine that moves. Each thread that it runs in has it under the same name, and
 * begins it at its label:
 *
 *     function* wander(co) {
 *       if (co.label < 1) {
 *         one(co.numbers[0]);
 *         yield* co.reschedule(io1, 1);
 *       }
 *       if (co.label < 2) {
 *         two();                    // in io1
 *         yield* co.yield(2);       // until somebody wakes it, in io1 or elsewhere
 *       }
 *       three();
 *     }
 *
 * In the thread where it yielded it simply goes on; in another one it begins anew, at the label.
 */
export type MovingBody = (co: MovingCoroutine) => CoroutineSteps;

/** No label: it can go on only where it stopped. */
const NONE = -1;

/** A coroutine that moves, as its body sees it. */
export class MovingCoroutine {
  /** The place at which the body begins in this thread: 0 at first, then the label that it yielded with. */
  readonly label: number;
  readonly #all: SharedCoroutines;
  readonly #record: CoRecord;
  #labelled = false;

  /** @internal */
  constructor(all: SharedCoroutines, record: CoRecord) {
    this.#all = all;
    this.#record = record;
    this.label = record.label;
  }

  /** The integers that go where it goes: 12, of 32 bits. Only the thread where it runs uses them. */
  get numbers(): Int32Array {
    return this.#record.numbers;
  }

  /** Yields. In another thread it goes on at the label. QEMU: qemu_coroutine_yield. */
  *yield(label: number): CoroutineSteps {
    this.#setLabel(label);
    yield;
  }

  /**
   * Goes on in another context, at the label. In its own it does nothing, and the body goes on.
   * QEMU: aio_co_reschedule_self.
   */
  reschedule(context: AioContext | RemoteContext, label: number): CoroutineSteps {
    return this.rescheduleTo(this.#all.numberOf(context), label);
  }

  /** reschedule by the number of a context: see SharedCoroutines.contextNumber. */
  *rescheduleTo(number: number, label: number): CoroutineSteps {
    if (number === this.#all.currentContext) return;
    this.#setLabel(label);
    this.#all.scheduleSelf(this.#record, number);
    yield;
  }

  /** @throws Error if it comes from another thread, where it yielded without a label @internal */
  run(body: MovingBody): CoroutineSteps {
    if (this.label === NONE) {
      throw new Error(
        `coroutine '${this.#record.entry}' yielded without a label, so it cannot go on in another thread`,
      );
    }
    return body(this);
  }

  /** @internal */
  beginStep(): void {
    this.#labelled = false;
  }

  /** @internal */
  endStep(): void {
    if (!this.#labelled) this.#record.label = NONE;
  }

  #setLabel(label: number): void {
    this.#record.label = label;
    this.#labelled = true;
  }
}
