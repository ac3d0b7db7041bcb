import { BH_DELETED, BH_IDLE, BH_ONESHOT, BH_SCHEDULED } from '../trace/bh-flags.ts';
import { EV } from '../trace/catalogue.ts';
import { TRACEABLE } from '../trace/traceable.ts';
import type { Tracer } from '../trace/tracer.ts';
import type { BhOwner, LeakedBh } from './bh-owner.ts';
import { anyScheduledIn, bhFlags, isUrgent, listTimeoutNs, namesIn } from './bh-walk.ts';
import { type BhCallback, type BhHome, BottomHalf } from './bottom-half.ts';
import type { BottomHalfHandle } from './handles.ts';
import type { SharedBhs } from './shared-bhs.ts';
import {
  BH_SHARED,
  bhIndex,
  bhSlot,
  FIRST_BH,
  NO_BH,
  type Wakeup,
  wordsFor,
} from './wake/wakeup.ts';

const FIRST = bhIndex(FIRST_BH);
/** The number of a bottom half in traces: 1, 2, 3 … */
const number = (slot: number): number => bhIndex(slot) - FIRST + 1;
const T_ENQUEUE = EV.aio_bh_enqueue;
const T_CANCEL = EV.qemu_bh_cancel;
const T_POLL = EV.aio_bh_poll;
const T_CALL_BEGIN = EV.aio_bh_call_begin;
const T_CALL_END = EV.aio_bh_call_end;

/**
 * The bottom halves of one context: their tables, and the rounds that run them.
 *
 * A round is a slice: bh_list as aio_bh_poll detached it. A nested round first finishes the slices
 * of the rounds that it interrupted, so slices form a queue that outlives any one call, even one
 * that a throwing callback ended.
 */
export class BhList implements BhHome {
  /** Null until one is shared. */
  shared: SharedBhs | null = null;
  readonly #owner: BhOwner;
  readonly #wakeup: Wakeup;
  readonly #trace: Tracer;
  // Indexed by bhIndex of the slot; the entries before FIRST are unused.
  readonly #callbacks: (BhCallback<never> | null)[] = [null, null];
  readonly #opaques: unknown[] = [null, null];
  readonly #names: string[] = ['', ''];
  readonly #objects: (BottomHalf | null)[] = [null, null];
  readonly #free: number[] = [];
  /**
   * The rest of each slice, oldest first, from #firstSlice to #endSlice - 1. The array never
   * shrinks, since emptying an array releases its memory.
   */
  readonly #slices: number[] = [];
  #firstSlice = 0;
  #endSlice = 0;

  constructor(owner: BhOwner) {
    this.#owner = owner;
    this.#wakeup = owner.wakeup;
    this.#trace = owner.trace;
  }

  create<T>(name: string, cb: BhCallback<T>, opaque: T): BottomHalf {
    const slot = this.#take(name, cb as BhCallback<never>, opaque);
    const bh = new BottomHalf(this, name, slot);
    this.#objects[bhIndex(slot)] = bh;
    return bh;
  }

  /** QEMU: aio_bh_schedule_oneshot_full. */
  oneshot<T>(name: string, cb: BhCallback<T>, opaque: T): void {
    this.enqueue(this.#take(name, cb as BhCallback<never>, opaque), BH_SCHEDULED | BH_ONESHOT);
  }

  arrive(name: string, cb: BhCallback<number>, opaque: number): number {
    const slot = this.#take(name, cb as BhCallback<never>, opaque);
    return this.#wakeup.mark(slot, BH_SCHEDULED | BH_ONESHOT);
  }

  enqueue(slot: number, flags: number): void {
    if (this.shared !== null) this.shared.drain();
    const old = this.#wakeup.enqueue(slot, flags);
    if (TRACEABLE && this.#trace.active) this.#tracedNotify(slot, old, flags);
    else this.#owner.untracedNotify();
  }

  announce(slot: number, old: number, flags: number): void {
    if (TRACEABLE && this.#trace.active) this.#tracedNotify(slot, old, flags);
    else this.#owner.untracedNotify();
  }

  #tracedNotify(slot: number, old: number, flags: number): void {
    const { name } = this.#owner;
    if (this.#trace.on[T_ENQUEUE] !== 0) {
      this.#trace.emit(T_ENQUEUE, name, this.#names[bhIndex(slot)]!, old, flags, number(slot));
    }
    this.#owner.tracedNotify();
  }

  cancel(slot: number): void {
    this.#wakeup.cancel(slot);
    this.traceCancel(slot);
  }

  traceCancel(slot: number): void {
    if (this.#trace.on[T_CANCEL] !== 0) {
      this.#trace.emit(T_CANCEL, this.#owner.name, this.#names[bhIndex(slot)]!, number(slot));
    }
  }

  isScheduled(slot: number): boolean {
    return (this.#wakeup.flags(slot) & (BH_SCHEDULED | BH_DELETED)) === BH_SCHEDULED;
  }

  isDeleted(slot: number): boolean {
    return (this.#wakeup.flags(slot) & BH_DELETED) !== 0;
  }

  share(slot: number): SharedBhs {
    const shared = this.#owner.sharing();
    shared.share(slot);
    return shared;
  }

  handle(slot: number): BottomHalfHandle {
    const name = this.#names[bhIndex(slot)]!;
    return this.shared!.handle(slot, this.#owner.share(), name, number(slot));
  }

  /**
   * Runs one round, after finishing those of outer rounds. Returns whether any ran that was not
   * idle. QEMU: aio_bh_poll.
   */
  poll(): boolean {
    const slices = this.#slices;
    // If the main loop knew before its poll that it had work, it has not looked since.
    if (this.shared !== null) this.shared.drain();
    const head = this.#wakeup.detach();
    if (head !== NO_BH) slices[this.#endSlice++] = head;
    if (this.#firstSlice === this.#endSlice) return false;
    // Read once: tracing that begins in a callback shows from the next round on.
    const traced = TRACEABLE && this.#trace.active;
    if (traced) this.#tracePoll();
    let progress = false;
    while (this.#firstSlice < this.#endSlice) {
      const slot = slices[this.#firstSlice]!;
      if (slot === NO_BH) {
        this.#firstSlice++;
        continue;
      }
      // Must come before the dequeue, which allows the slot to be pushed again.
      slices[this.#firstSlice] = this.#wakeup.next(slot);
      const flags = this.#wakeup.dequeue(slot);
      if ((flags & (BH_SCHEDULED | BH_DELETED)) === BH_SCHEDULED) {
        if ((flags & BH_IDLE) === 0) progress = true;
        this.#call(slot, flags, traced);
      } else if ((flags & (BH_DELETED | BH_ONESHOT)) !== 0) {
        this.#release(slot);
      } else if ((flags & BH_SHARED) !== 0 && this.#runShared(slot, traced)) {
        progress = true;
      }
    }
    this.#firstSlice = this.#endSlice = 0;
    return progress;
  }

  /**
   * How long the bottom halves allow the context to sleep: 0, 10 ms for idle
   * ones, or -1 without limit. QEMU: aio_compute_bh_timeout.
   */
  timeoutNs(): number {
    // Most often the newest one says it all.
    const newest = this.#wakeup.first;
    if (newest !== NO_BH && isUrgent(this.#wakeup.flags(newest))) return 0;
    if (this.shared !== null) this.shared.drain();
    const { first } = this.#wakeup;
    if (first === NO_BH && this.#endSlice === 0) return -1;
    let timeout = listTimeoutNs(this.#wakeup, this.shared, first, -1);
    for (let i = this.#firstSlice; i < this.#endSlice && timeout !== 0; i++) {
      timeout = listTimeoutNs(this.#wakeup, this.shared, this.#slices[i]!, timeout);
    }
    return timeout;
  }

  /** Whether any is to be called. QEMU: as aio_ctx_check's walks find out. */
  anyScheduled(): boolean {
    if (anyScheduledIn(this.#wakeup, this.shared, this.#wakeup.first)) return true;
    for (let i = this.#firstSlice; i < this.#endSlice; i++) {
      if (anyScheduledIn(this.#wakeup, this.shared, this.#slices[i]!)) return true;
    }
    return false;
  }

  /**
   * Frees everything on the list. Returns the bottom halves that nobody deleted. QEMU: aio_ctx_finalize.
   * @param isLeft other threads keep their handles
   */
  drain(isLeft = false): LeakedBh[] {
    const leaked: LeakedBh[] = [];
    this.shared?.drain();
    // A callback that threw leaves slices behind.
    this.#slices[this.#endSlice++] = this.#wakeup.detach();
    for (; this.#firstSlice < this.#endSlice; this.#firstSlice++) {
      let slot = this.#slices[this.#firstSlice]!;
      while (slot !== NO_BH) {
        const next = this.#wakeup.next(slot);
        const home = this.#wakeup.dequeue(slot);
        const flags = (home & BH_SHARED) === 0 ? home : this.shared!.dequeue(slot);
        if ((flags & BH_DELETED) === 0) {
          const name = this.#names[bhIndex(slot)]!;
          leaked.push({ name, oneshot: (flags & BH_ONESHOT) !== 0 });
        }
        this.#release(slot);
        slot = next;
      }
    }
    this.#firstSlice = this.#endSlice = 0;
    if (!isLeft) this.shared?.close();
    return leaked;
  }

  /** Names and flags of all bottom halves, for people and tools. */
  *entries(): Generator<{ name: string; flags: number }> {
    for (let i = FIRST; i < this.#callbacks.length; i++) {
      if (this.#callbacks[i] !== null) {
        yield { name: this.#names[i]!, flags: bhFlags(this.#wakeup, this.shared, bhSlot(i)) };
      }
    }
  }

  /** Names in the order in which they would run: each slice's, then bh_list's. For tools. */
  queued(): string[][] {
    const heads = [...this.#slices.slice(this.#firstSlice, this.#endSlice), this.#wakeup.first];
    return heads.map((head) => namesIn(this.#wakeup, head, this.#names));
  }

  /** Runs or frees a shared one that came off the list. Returns whether that was progress. */
  #runShared(slot: number, traced: boolean): boolean {
    const flags = this.shared!.dequeue(slot);
    if ((flags & BH_DELETED) !== 0) this.#release(slot);
    else if ((flags & BH_SCHEDULED) !== 0) {
      this.#call(slot, flags, traced);
      return (flags & BH_IDLE) === 0;
    }
    return false;
  }

  #tracePoll(): void {
    if (this.#trace.on[T_POLL] === 0) return;
    this.#trace.emit(T_POLL, this.#owner.name, this.#endSlice - this.#firstSlice);
  }

  #call(slot: number, flags: number, traced: boolean): void {
    const cb = this.#callbacks[bhIndex(slot)]! as BhCallback<unknown>;
    const opaque = this.#opaques[bhIndex(slot)];
    // Nobody holds a one-shot, so it is freed first and cannot leak if it throws.
    if ((flags & BH_ONESHOT) === 0 && !traced) {
      cb(opaque);
      return;
    }
    const name = this.#names[bhIndex(slot)]!;
    if ((flags & BH_ONESHOT) !== 0) this.#release(slot);
    if (!traced) {
      cb(opaque);
      return;
    }
    const id = cb === this.shared?.entries.run ? (opaque as number) : number(slot);
    if (this.#trace.on[T_CALL_BEGIN] !== 0) {
      this.#trace.emit(T_CALL_BEGIN, this.#owner.name, name, flags, id);
    }
    cb(opaque);
    if (this.#trace.on[T_CALL_END] !== 0) {
      this.#trace.emit(T_CALL_END, this.#owner.name, name, id);
    }
  }

  #take(name: string, cb: BhCallback<never>, opaque: unknown): number {
    let slot = this.#free.pop();
    if (slot === undefined) {
      slot = bhSlot(this.#callbacks.length);
      this.#owner.words.reserve(wordsFor(bhIndex(slot) - FIRST + 1));
      this.#objects.push(null);
    }
    this.#callbacks[bhIndex(slot)] = cb;
    this.#opaques[bhIndex(slot)] = opaque;
    this.#names[bhIndex(slot)] = name;
    return slot;
  }

  #release(slot: number): void {
    const object = this.#objects[bhIndex(slot)]!;
    if (object !== null) {
      object.slot = NO_BH;
      this.#objects[bhIndex(slot)] = null;
    }
    this.#wakeup.free(slot);
    this.#callbacks[bhIndex(slot)] = null;
    this.#opaques[bhIndex(slot)] = null;
    this.#free.push(slot);
  }
}
