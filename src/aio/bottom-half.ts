import { BH_DELETED, BH_IDLE, BH_SCHEDULED } from '../trace/bh-flags.ts';
import { QemuAbort } from './abort.ts';
import type { BottomHalfHandle } from './handles.ts';
import { NO_BH } from './wake/wakeup.ts';

/** A bottom half's function. QEMU: QEMUBHFunc. */
export type BhCallback<T> = (opaque: T) => void;

/** The parts of its list that a bottom half needs. */
export interface BhQueue {
  enqueue(slot: number, flags: number): void;
  cancel(slot: number): void;
  isScheduled(slot: number): boolean;
  isDeleted(slot: number): boolean;
}

/** The list of a bottom half, which shares it. */
export interface BhHome extends BhQueue {
  /** Returns the queue that the bottom half must use from now on. */
  share(slot: number): BhQueue;
  handle(slot: number): BottomHalfHandle;
}

/**
 * A function that an AioContext calls soon, and only once however often it was scheduled before its
 * turn. Made by AioContext.newBottomHalf. QEMU: QEMUBH.
 */
export class BottomHalf {
  /** Its name in traces, logs and leak reports. */
  readonly name: string;
  readonly #home: BhHome;
  #list: BhQueue;
  /** Its place in the list's tables; NO_BH once it is freed. Only BhList writes it. @internal */
  slot: number;

  /** @internal */
  constructor(home: BhHome, name: string, slot: number) {
    this.#home = home;
    this.#list = home;
    this.name = name;
    this.slot = slot;
  }

  /** Makes it run in the context's next round of bottom halves. QEMU: qemu_bh_schedule. */
  schedule(): void {
    this.#list.enqueue(this.#live(), BH_SCHEDULED);
  }

  /**
   * Like schedule, but neither urgent nor progress: a main loop may sleep 10 ms before it runs.
   * QEMU: qemu_bh_schedule_idle.
   */
  scheduleIdle(): void {
    this.#list.enqueue(this.#live(), BH_SCHEDULED | BH_IDLE);
  }

  /** Undoes a schedule. QEMU: qemu_bh_cancel. */
  cancel(): void {
    this.#list.cancel(this.#live());
  }

  /**
   * Makes sure that it is never called again. It is freed, with its function, in the next round of
   * bottom halves; until then a schedule is ignored. QEMU: qemu_bh_delete.
   */
  delete(): void {
    this.#list.enqueue(this.#live(), BH_DELETED);
  }

  /** Like delete, but does nothing if it is deleted already. */
  dispose(): void {
    if (!this.deleted) this.delete();
  }

  /**
   * Returns a handle, with which any thread can schedule, cancel and delete it: see
   * RemoteBottomHalf.from. It still is called in its own thread. From now on its flags are in shared
   * memory, so that a schedule costs some atomic operations.
   */
  share(): BottomHalfHandle {
    const slot = this.#live();
    this.#list = this.#home.share(slot);
    return this.#home.handle(slot);
  }

  /** Whether it is to be called in the next round. */
  get scheduled(): boolean {
    return this.slot !== NO_BH && this.#list.isScheduled(this.slot);
  }

  /** Whether delete was called, so that it is not called any more. */
  get deleted(): boolean {
    return this.slot === NO_BH || this.#list.isDeleted(this.slot);
  }

  #live(): number {
    if (this.slot === NO_BH) {
      throw new QemuAbort(`bottom half '${this.name}' is used after it was deleted and freed`);
    }
    return this.slot;
  }
}
