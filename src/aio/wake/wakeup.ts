/**
 * The wake-up protocol: makes sure that an AioContext sees work that it is given, without a system
 * call while nobody sleeps.
 *
 * All steps are loads, stores and fetch-and-changes of the given 32-bit words, so the caller
 * decides whose memory they are: a context's own are plain, and an explorer's show every
 * interleaving. Nothing else may touch them. On words that threads share each store has a full
 * barrier behind it, as Atomics.store has. Each comment `Without it` names an interleaving that goes
 * wrong there: see src/explore. On a context's own words only its home thread acts, and other threads
 * come by Inbox, which has barriers of its own.
 *
 * Invariants (QEMU: aio_notify, aio_notify_accept, aio_poll, aio_ctx_prepare):
 *  W1. A scheduler publishes its work (bh flags, list head), then sets NOTIFIED, then reads
 *      NOTIFY_ME. Without this order: explore aio_notify --without enqueue-first
 *  W2. A sleeper sets NOTIFY_ME, then reads NOTIFIED or the work itself. At least one of the two
 *      therefore sees the other: either the sleeper does not sleep, or the scheduler writes the
 *      eventfd.
 *  W3. NOTIFIED is cleared only after the sleep, and before the work is examined, so that later
 *      work sets it again. A poller needs this order if it does not look for work before it sleeps:
 *      explore aio_notify_accept --without accept-first. AioContext does look.
 *  W4. A bottom half is on bh_list at most once: only the fetch-or that turns PENDING on may push
 *      it, and only the thread that took it off the list turns PENDING off.
 */

import { BH_IDLE, BH_PENDING, BH_SCHEDULED } from '../../trace/bh-flags.ts';
import type { Words } from './words.ts';

const NOTIFY_ME = 0;
const NOTIFIED = 1;
const BH_LIST = 2;
/** A slot is the index of a bottom half's two words, so that the index need not be computed. */
const WORDS_PER_BH = 2;
export const FIRST_BH = 4;
const NEXT = 1;

/** The number of a slot, for tables with one entry each: 2, 3, 4 … */
export function bhIndex(slot: number): number {
  return slot >> 1;
}

export function bhSlot(index: number): number {
  return index << 1;
}

/** End of a list of bottom halves. */
export const NO_BH = 0;

/** The bottom half is shared: of its flags only PENDING is here, the others are in shared memory. */
export const BH_SHARED = 32;

/** aio_poll counts notify_me in twos; the lowest bit is the GSource's. */
const NOTIFY_ME_SOURCE = 1;
const NOTIFY_ME_POLL = 2;

/** The number of words that a context with this many bottom halves needs. */
export function wordsFor(bottomHalves: number): number {
  return FIRST_BH + bottomHalves * WORDS_PER_BH;
}

/** The words of one AioContext, and the steps allowed on them. */
export class Wakeup {
  readonly #words: Words;

  constructor(words: Words) {
    this.#words = words;
  }

  // The side that gives work

  /**
   * Adds flags to a bottom half, and puts it at the head of bh_list unless it is on it (W4).
   * Returns the flags before. QEMU: aio_bh_enqueue, without its notify.
   */
  enqueue(slot: number, flags: number): number {
    const words = this.#words;
    // Without it, if the flags are set: explore qemu_bh_schedule --without always-rmw
    const old = words.fetchOr(slot, BH_PENDING | flags);
    if ((old & BH_PENDING) === 0) {
      let head: number;
      do {
        head = words.load(BH_LIST);
        // Without this order: explore aio_notify --without next-first
        words.store(slot + NEXT, head);
      } while (words.compareExchange(BH_LIST, head, slot) !== head);
    }
    return old;
  }

  /** Adds flags to a bottom half that is on no list. Returns its slot. */
  mark(slot: number, flags: number): number {
    this.#words.fetchOr(slot, flags);
    return slot;
  }

  /**
   * Puts a chain of bottom halves, newest first and linked by `link`, before those on bh_list. For the home
   * thread alone: no other may touch these words.
   */
  prepend(newest: number, oldest: number): void {
    this.#words.store(oldest + NEXT, this.#words.load(BH_LIST));
    this.#words.store(BH_LIST, newest);
  }

  /** A bottom half of such a chain comes before an older one. It is on no list: W4 is I1 of Inbox here. */
  link(slot: number, older: number): void {
    this.#words.store(slot + NEXT, older);
  }

  /**
   * Announces work (W1). Returns notify_me: if it is not 0 somebody sleeps or is about to, and the
   * caller must write the eventfd. QEMU: aio_notify.
   */
  notify(): number {
    // Without the barrier: explore aio_notify --without smp_mb
    this.#words.store(NOTIFIED, 1);
    // Without it, if each notification is written: explore aio_notify --without notify-me
    return this.#words.load(NOTIFY_ME);
  }

  /**
   * Clears SCHEDULED; the bottom half stays on the list. The home thread's own ones only: for others see
   * Inbox.cancel. QEMU: qemu_bh_cancel.
   */
  cancel(slot: number): void {
    this.#words.fetchAnd(slot, ~BH_SCHEDULED);
  }

  // The side that sleeps and works

  /** aio_poll is about to sleep (W2). Returns whether it must not. */
  beginSleep(): boolean {
    // Without its barrier: explore aio_notify --without sleeper-mb
    this.#words.fetchAdd(NOTIFY_ME, NOTIFY_ME_POLL);
    // Without it: explore aio_notify --without second-look, explore nested --without second-look
    return this.#words.load(NOTIFIED) !== 0;
  }

  /** No barrier: only the home thread changes NOTIFY_ME, and who sees it late writes the eventfd for nothing. */
  endSleep(): void {
    this.#words.fetchAdd(NOTIFY_ME, -NOTIFY_ME_POLL);
  }

  /**
   * A main loop is about to sleep (W2); it checks for work itself. Returns whether it was already,
   * since its last iteration did not check. QEMU: aio_ctx_prepare.
   */
  beginSourceSleep(): boolean {
    // Without its barrier: explore main-loop --without prepare-mb. If it were cleared before the
    // sleep: explore main-loop --without set-while-asleep
    return (this.#words.fetchOr(NOTIFY_ME, NOTIFY_ME_SOURCE) & NOTIFY_ME_SOURCE) !== 0;
  }

  /** No barrier, as endSleep. QEMU: aio_ctx_check. */
  endSourceSleep(): void {
    this.#words.fetchAnd(NOTIFY_ME, ~NOTIFY_ME_SOURCE);
  }

  /** W3; the barrier is that of detach. Returns whether there was a notification. QEMU: aio_notify_accept. */
  accept(): number {
    return this.#words.exchange(NOTIFIED, 0);
  }

  /** Whether a notification has not been accepted yet. */
  get notified(): boolean {
    return this.#words.load(NOTIFIED) !== 0;
  }

  get notifyMe(): number {
    return this.#words.load(NOTIFY_ME);
  }

  /** Head of bh_list. */
  get first(): number {
    return this.#words.load(BH_LIST);
  }

  /** Takes the whole list, newest first. QEMU: QSLIST_MOVE_ATOMIC in aio_bh_poll. */
  detach(): number {
    return this.#words.exchange(BH_LIST, NO_BH);
  }

  next(slot: number): number {
    return this.#words.load(slot + NEXT);
  }

  flags(slot: number): number {
    return this.#words.load(slot);
  }

  /**
   * A bottom half has come off the list, and may be put on it again from now on (W4). Returns the
   * flags before. QEMU: aio_bh_dequeue.
   */
  dequeue(slot: number): number {
    // In one step: explore qemu_bh_schedule --without dequeue-rmw
    return this.#words.fetchAnd(slot, ~(BH_PENDING | BH_SCHEDULED | BH_IDLE));
  }

  /**
   * The flags of a bottom half are moved elsewhere. Returns them, or -1 if they were before. Only
   * for words that no other thread uses.
   */
  share(slot: number): number {
    const flags = this.#words.fetchOr(slot, BH_SHARED);
    if ((flags & BH_SHARED) !== 0) return -1;
    this.#words.fetchAnd(slot, BH_SHARED | BH_PENDING);
    return flags;
  }

  /** Clears a slot for its next owner. Nobody else may still know the slot. */
  free(slot: number): void {
    this.#words.store(slot, 0);
  }
}
