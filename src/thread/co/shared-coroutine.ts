import type { AioContext } from '../../aio/aio-context.ts';
import type { RemoteContext } from '../remote-context.ts';
import type { CoRecord, CoroutineHandle } from './co-records.ts';
import type { SharedCoroutines } from './shared-coroutines.ts';

/** A coroutine that several threads know, as one of them sees it. */
export class SharedCoroutine {
  /** Tells it from others of the machine. */
  readonly number: number;
  /** @internal */
  readonly record: CoRecord;
  readonly #all: SharedCoroutines;

  /** @internal */
  constructor(all: SharedCoroutines, record: CoRecord) {
    this.#all = all;
    this.record = record;
    this.number = record.number;
  }

  /** Returns a handle, which SharedCoroutines.from of any thread takes. */
  share(): CoroutineHandle {
    return this.record.handle;
  }

  /** The integers that go where it goes. */
  get numbers(): Int32Array {
    return this.record.numbers;
  }

  /** Whether it has ended. */
  get ended(): boolean {
    return !this.record.exists;
  }

  /**
   * Enters it from a bottom half of the context, in order of scheduling.
   * @throws QemuAbort if it is scheduled already; Error if it cannot leave its thread.
   *   QEMU: aio_co_schedule.
   */
  schedule(context: AioContext | RemoteContext): void {
    this.#all.schedule(this.record, this.#all.numberOf(context));
  }

  /**
   * Continues it in the context where it ran last: at once if that is the current one, or behind the
   * running coroutine; otherwise from a bottom half. QEMU: aio_co_wake.
   */
  wake(): void {
    this.#all.wake(this.record);
  }

  /** As wake, in the given context. QEMU: aio_co_enter. */
  enterSoon(context: AioContext | RemoteContext): void {
    this.#all.enterSoon(this.record, this.#all.numberOf(context));
  }

  /** Enters it here and now. QEMU: qemu_coroutine_enter. */
  enter(): void {
    this.#all.enter(this.record);
  }
}
