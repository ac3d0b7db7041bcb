/**
 * How other threads give work to an AioContext, and wake its home thread.
 *
 * A shared bottom half has its flags, a generation and a link in memory that threads share. Whoever
 * schedules it from another thread pushes it onto INBOX. The home thread moves what it finds there
 * to its own list.
 *
 * All steps are loads, stores and fetch-and-changes of the given words, as in Wakeup, so a test can
 * run every interleaving: src/explore does, and each comment `Without it` names one that goes wrong.
 * No step relies on the order of a plain store and a later load: if one must be seen before the other
 * is done, it is an exchange.
 *
 * Invariants:
 *  I1. A bottom half is on INBOX, or on the home thread's list, at most once: only the
 *      compare-and-swap that turns PENDING on may push it, and only the home thread, which took it
 *      off its list, turns PENDING off.
 *  I2. A thread that gives work publishes it (INBOX, or NOTIFIED), then looks at SLEEPS. The home
 *      thread sets SLEEPS, then looks at INBOX and NOTIFIED. At least one of the two sees the other.
 *  I3. Whoever changes SLEEPS from not 0 to 0 from another thread writes the eventfd: one write ends
 *      one sleep, however many threads give work.
 *  I4. A slot is freed by the compare-and-swap that takes a deleted bottom half off the list, and
 *      that changes its generation. A handle of an earlier generation changes nothing.
 *  I5. WRITERS counts the threads that may be about to write the eventfd. It is closed only after
 *      SLEEPS has become 0 for good, and then WRITERS has been 0.
 */

import { BH_DELETED, BH_IDLE, BH_PENDING, BH_SCHEDULED } from '../../trace/bh-flags.ts';
import { FLAGS, GENERATION_SHIFT, nextGeneration, wordOf } from './bh-word.ts';
import type { Words } from './words.ts';

/** Head of the list of bottom halves that other threads have scheduled, newest first. */
export const INBOX = 0;
/** notify_me while the home thread sleeps, until another thread takes on to wake it; otherwise 0. */
export const SLEEPS = 1;
/** Not 0 after a notification that is not in INBOX: NOTICE, with SETTINGS if the context is to call onSettings. */
export const NOTIFIED = 2;
const NOTICE = 1;
const SETTINGS = 2;
/** See I5. */
export const WRITERS = 3;
// Bottom halves stand where slots.ts says; words 4, and 18 to 31, are not the protocol's own.
/** Set once the context is closed: nobody will look at INBOX again. */
export const CLOSED = 16;
/** How often external handlers are held back. QEMU: ctx->external_disable_cnt. */
export const EXTERNAL = 17;
const NEXT = 1;

/** End of a list. */
const END = 0;
/** No flags: the bottom half is on no list. */
const IDLE = 0;

/** Returned instead of flags: the slot was freed, so the handle is of an earlier generation. */
export const GONE = -1;

/** The shared words of one AioContext, and the steps allowed on them. */
export class Inbox {
  readonly #words: Words;
  /** A guess at INBOX, for push: right if the last one to push was this thread, and home did as before. */
  #head = END;
  /** Takes what another thread has set for the context, before its next round of callbacks. */
  onSettings: (() => void) | null = null;

  constructor(words: Words) {
    this.#words = words;
  }

  // Any thread

  /**
   * Adds PENDING and these flags to a bottom half. Returns the flags before, or GONE. Unless it is
   * GONE the caller must then publish, or, as the home thread, push on its own list. QEMU:
   * aio_bh_enqueue, its beginning.
   */
  mark(slot: number, generation: number, flags: number): number {
    return this.#change(slot, generation, IDLE, FLAGS, BH_PENDING | flags);
  }

  /**
   * Pushes a marked bottom half onto INBOX, unless it was on a list already (I1). The caller must
   * then wake the home thread: see claim.
   * @param old the flags that mark returned
   */
  publish(slot: number, old: number): void {
    // The home thread may have it on its own list, and have looked at it already.
    // Without it: explore inbox-listed --without notify-listed
    if ((old & BH_PENDING) !== 0) this.setNotified();
    // Without the question: explore inbox-data --without push-once
    else this.push(slot);
  }

  /** Puts a slot on INBOX. The caller must own it: it is on no list, and nobody else may push it. */
  push(slot: number): void {
    const words = this.#words;
    // A load would fetch the processor's cache line once, and the compare-and-swap once more to change it.
    let head = this.#head;
    for (;;) {
      // Without this order: explore inbox --without next-first
      words.store(slot + NEXT, head);
      const seen = words.compareExchange(INBOX, head, slot);
      if (seen === head) break;
      head = seen;
    }
    this.#head = head === END ? END : slot;
  }

  /** Clears SCHEDULED; the bottom half stays on its list. Returns the flags before, or GONE. */
  cancel(slot: number, generation: number): number {
    // In one step: explore inbox-cancel --without cancel-rmw
    return this.#change(slot, generation, BH_PENDING | BH_SCHEDULED, ~BH_SCHEDULED, 0);
  }

  /** The flags of a bottom half, or GONE. */
  flags(slot: number, generation: number): number {
    const word = this.#words.load(slot);
    return word >>> GENERATION_SHIFT === generation ? word & FLAGS : GONE;
  }

  /** Announces that there is something to look at, beside INBOX. QEMU: aio_notify. */
  setNotified(): void {
    // Without the read-modify-write: explore inbox-notify --without notified-exchange
    this.#words.fetchOr(NOTIFIED, NOTICE);
  }

  /** setNotified, and makes the home thread call onSettings. */
  setSettings(): void {
    // Without the read-modify-write: explore inbox-settings --without settings-exchange
    this.#words.fetchOr(NOTIFIED, NOTICE | SETTINGS);
  }

  /**
   * To be called after work was published (I2; without this order: explore inbox --without
   * publish-first). If it returns other than 0, the caller must write the eventfd, then call written (I3).
   * Returns notify_me.
   */
  claim(): number {
    const words = this.#words;
    if (words.load(SLEEPS) === 0) return 0;
    // Without it: explore close --without count-writers
    words.fetchAdd(WRITERS, 1);
    // Without the exchange: explore inbox --without write-once
    const notifyMe = words.exchange(SLEEPS, 0);
    if (notifyMe === 0) words.fetchAdd(WRITERS, -1);
    return notifyMe;
  }

  /** The eventfd is written (I5). */
  written(): void {
    this.#words.fetchAdd(WRITERS, -1);
  }

  disableExternal(): void {
    this.#words.fetchAdd(EXTERNAL, 1);
  }

  /** Returns how often they were held back before. */
  enableExternal(): number {
    return this.#words.fetchAdd(EXTERNAL, -1);
  }

  /** How often they are held back. */
  get externalDisabled(): number {
    return this.#words.load(EXTERNAL);
  }

  get isClosed(): boolean {
    return this.#words.load(CLOSED) !== 0;
  }

  /** notify_me while the home thread sleeps and nobody has written its eventfd; otherwise 0. */
  get notifyMe(): number {
    return this.#words.load(SLEEPS);
  }

  // The home thread

  /** Whether another thread has given work that the home thread has not taken yet. */
  get hasWork(): boolean {
    return this.#words.load(INBOX) !== END || this.#words.load(NOTIFIED) !== 0;
  }

  get isEmpty(): boolean {
    return this.#words.peek(INBOX) === END;
  }

  /** hasWork, maybe late: for a thread that goes on to look. */
  get mayHaveWork(): boolean {
    return this.#words.peek(INBOX) !== END || this.#words.peek(NOTIFIED) !== 0;
  }

  /** Takes the whole list. Returns its newest slot, or 0. */
  take(): number {
    return this.#words.exchange(INBOX, END);
  }

  /** The slot that was pushed before this one, or 0. */
  next(slot: number): number {
    return this.#words.peek(slot + NEXT);
  }

  /** The home thread is about to sleep (I2). Returns whether it must not. */
  beginSleep(notifyMe: number): boolean {
    // Without the exchange: explore inbox --without sleeps-exchange,
    // explore aio_context --without sleeps-exchange, explore aio_context-nested --without sleeps-exchange,
    // explore main_loop_wait --without sleeps-exchange
    this.#words.exchange(SLEEPS, notifyMe);
    // Without it: explore inbox --without second-look,
    // explore aio_context --without second-look, explore aio_context-nested --without second-look,
    // explore main_loop_wait --without second-look
    return this.hasWork;
  }

  /** Returns whether another thread has written the eventfd, or is about to (I3). */
  endSleep(): boolean {
    // Without it the eventfd is written for nothing: explore inbox-awake --without end-sleep
    return this.#words.exchange(SLEEPS, 0) === 0;
  }

  /** Returns whether there was a notification. QEMU: aio_notify_accept. */
  accept(): number {
    if (this.#words.peek(NOTIFIED) === 0) return 0;
    // In one step: explore inbox-settings --without accept-exchange
    const notified = this.#words.exchange(NOTIFIED, 0);
    if ((notified & SETTINGS) !== 0) this.onSettings?.();
    return notified;
  }

  /**
   * The context is closed, or its thread is gone: nobody writes the eventfd, but those who may be
   * about to (I5).
   */
  close(): void {
    // No barrier: who sees it late gives work that nobody takes, as who comes before it does.
    this.#words.exchange(CLOSED, 1);
    // Without it: explore close-left --without sleeps-off.
    // Without the exchange: explore close-left --without sleeps-exchange
    this.#words.exchange(SLEEPS, 0);
  }

  /** Whether a thread may still be about to write the eventfd (I5). */
  get hasWriters(): boolean {
    return this.#words.load(WRITERS) !== 0;
  }

  /** Gives a slot to a bottom half that has these flags. Returns its generation. */
  create(slot: number, flags: number): number {
    return this.#words.fetchOr(slot, flags) >>> GENERATION_SHIFT;
  }

  /**
   * A bottom half has come off the home thread's list, and may be put on a list again from now on,
   * unless it is deleted: then its slot is free (I4). Returns the flags before. QEMU: aio_bh_dequeue.
   */
  dequeue(slot: number, generation: number): number {
    const words = this.#words;
    let word = wordOf(generation, BH_PENDING | BH_SCHEDULED);
    for (;;) {
      // Not in one step: explore generations --without free-at-once,
      // explore inbox-data --without dequeue-rmw
      const next =
        (word & BH_DELETED) !== 0
          ? nextGeneration(word)
          : word & ~(BH_PENDING | BH_SCHEDULED | BH_IDLE);
      const seen = words.compareExchange(slot, word, next);
      if (seen === word) return word & FLAGS;
      word = seen;
    }
  }

  /** Frees a slot, whatever its state: for a context that is closed, which never looks at INBOX again. */
  free(slot: number): void {
    this.#words.exchange(slot, nextGeneration(this.#words.load(slot)));
  }

  /**
   * Changes the flags of a bottom half, if it still is of the generation. Returns the flags before, or GONE.
   * @param guess the flags that it has most often
   */
  #change(slot: number, generation: number, guess: number, keep: number, add: number): number {
    const words = this.#words;
    let word = wordOf(generation, guess);
    for (;;) {
      // Without it: explore generations --without generation
      if (word >>> GENERATION_SHIFT !== generation) return GONE;
      // Also if nothing changes: this orders what the caller wrote before its bottom half runs.
      // Without it: explore inbox-data --without always-rmw
      const seen = words.compareExchange(slot, word, (word & (keep | ~FLAGS)) | add);
      if (seen === word) return word & FLAGS;
      word = seen;
    }
  }
}
