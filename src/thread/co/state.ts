import { QemuAbort } from '../../aio/abort.ts';
import type { SharedState } from '../../coroutine/coroutine.ts';
import type { CoRecord } from './co-records.ts';
import type { MovingCoroutine } from './moving-coroutine.ts';

/** The coroutines of a thread, as the state of one of them needs them. */
export interface StateHome {
  /** It is entered in this thread's context. */
  entered(record: CoRecord): void;
  forget(record: CoRecord): void;
  wake(record: CoRecord): void;
}

/** The shared state of a coroutine that is in this thread. */
export class State implements SharedState {
  readonly record: CoRecord;
  readonly #home: StateHome;
  readonly #moving: MovingCoroutine | null;

  constructor(home: StateHome, record: CoRecord, moving: MovingCoroutine | null) {
    this.#home = home;
    this.record = record;
    this.#moving = moving;
  }

  get scheduledBy(): string | null {
    return this.record.scheduledBy;
  }

  claim(by: string): boolean {
    return this.record.claim(by);
  }

  unclaim(): void {
    this.record.unclaim();
  }

  get locksHeld(): number {
    return this.record.locksHeld;
  }

  entering(): void {
    const { record } = this;
    if (!record.enter()) throw new QemuAbort('Co-routine re-entered recursively');
    this.#home.entered(record);
    this.#moving?.beginStep();
  }

  left(ended: boolean): void {
    const { record } = this;
    if (this.#moving !== null) this.#moving.endStep();
    record.leave();
    if (!ended) return;
    if (record.locksHeld === 0) record.free();
    this.#home.forget(record);
  }

  wake(): void {
    this.#home.wake(this.record);
  }
}
