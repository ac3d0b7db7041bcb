import type { Host } from '../../host/host.ts';
import { EventNotifier } from '../event-notifier.ts';
import type { Inbox } from './inbox.ts';
import type { Wakeup } from './wakeup.ts';

const NS_PER_MS = 1_000_000;
/** How long another thread may take from its decision to write the eventfd until it has. */
const MOST_WRITE_MS = 100;

/**
 * How a context's home thread sleeps, and is woken: notify_me says whether it does, and the event
 * notifier ends the sleep. QEMU: ctx->notifier.
 *
 * It belongs to the home thread alone, except that others may write the eventfd: see Inbox. QEMU
 * writes the eventfd whenever notify_me is set, and a main loop leaves it set after an iteration
 * that did not have to check; but a thread that is awake needs no eventfd to notify itself. Another
 * thread must never take that short cut: what it keeps here the home thread would not see before it
 * sleeps.
 *
 * Invariants:
 *  N1. A notification from the awake thread is not written but kept. Until the notifier's handler
 *      has run, every wait finds the notifier readable, nested or not, as if the eventfd had been
 *      written.
 *  N2. A notification during a wait is written, since only the eventfd reaches the thread there.
 *  N3. Under epoll the kernel's order decides when the notifier's handler is called among the
 *      others, so nothing is kept there.
 *  N4. SLEEPS of the inbox is set only within a wait, so that an inner wait cannot take it from an
 *      outer one. Other threads never keep anything.
 *  N5. While Node waits for the loop this thread is awake: what it keeps has to end that wait.
 */
export class Sleeper {
  readonly notifier: EventNotifier;
  /** N3. */
  writesAlways = false;
  /** How often the eventfd was written. */
  writes = 0;
  #inWait = false;
  #kept = false;
  /** Ends Node's wait for the loop; null while there is none. */
  #endNodeWait: (() => void) | null = null;
  /** Whether the eventfd was written since it was read. */
  #written = false;

  readonly #wakeup: Wakeup;
  /** Null until something is shared with other threads. */
  #inbox: Inbox | null = null;

  /** @throws HostError if no descriptor is left for the notifier */
  constructor(host: Host, wakeup: Wakeup) {
    this.notifier = new EventNotifier(host);
    this.#wakeup = wakeup;
  }

  /** From now on other threads may wake the home thread by this inbox. */
  share(inbox: Inbox): void {
    this.#inbox = inbox;
    if (this.#inWait) inbox.beginSleep(this.#wakeup.notifyMe);
    else if (this.#endNodeWait !== null) this.#endNodeWait();
  }

  /** Ends the sleep, or prevents the next. Returns notify_me. QEMU: aio_notify. */
  notify(): number {
    const notifyMe = this.#wakeup.notify();
    if (notifyMe !== 0) this.set();
    return notifyMe;
  }

  /** Whether an event is kept. */
  get kept(): boolean {
    return this.#kept;
  }

  /** Whether the eventfd was not written since it was last read. */
  get isQuiet(): boolean {
    return !this.#written;
  }

  /** Makes the notifier readable. */
  set(): void {
    if (!this.#inWait && !this.writesAlways) {
      this.#kept = true;
      // N5.
      if (this.#endNodeWait !== null) this.#endNodeWait();
      return;
    }
    this.#written = true;
    this.writes++;
    this.notifier.set();
  }

  /**
   * Node's wait for the loop begins. Returns whether it must not sleep.
   * @param end ends the wait
   */
  enterNodeWait(end: () => void): boolean {
    this.#endNodeWait = end;
    const notified = this.enter();
    this.#inWait = false;
    return notified;
  }

  leaveNodeWait(): void {
    this.#endNodeWait = null;
    this.leave();
  }

  /** A wait begins. Returns whether it must not sleep. */
  enter(): boolean {
    // The last wait threw: another thread may have written the eventfd since.
    if (this.#inWait) this.#written = true;
    this.#inWait = true;
    if (this.#inbox === null) return this.#kept;
    const { notifyMe } = this.#wakeup;
    return (notifyMe !== 0 && this.#inbox.beginSleep(notifyMe)) || this.#kept;
  }

  /** A wait is over. Returns whether the notifier counts as readable, whatever the kernel says. */
  leave(): boolean {
    this.#inWait = false;
    if (this.#inbox?.endSleep()) this.#written = true;
    // N4, N5: a wait inside Node's has taken SLEEPS from it.
    if (this.#endNodeWait !== null) this.#endNodeWait();
    return this.#kept;
  }

  /** Whether there is a notification, by any thread, that was not accepted yet. */
  get notified(): boolean {
    return this.#wakeup.notified || this.#inbox?.mayHaveWork === true;
  }

  /**
   * A main loop is about to sleep. A notification by another thread counts from here on, as in QEMU
   * the eventfd is written from here on. QEMU: aio_ctx_prepare, its beginning.
   */
  prepare(): void {
    const wasSet = this.#wakeup.beginSourceSleep();
    // No barrier, and no wake-up depends on it: it decides only which iteration counts the notification.
    if (this.#inbox !== null && !wasSet && this.#inbox.accept() !== 0) this.#wakeup.notify();
  }

  /** QEMU: aio_context_notifier_cb. */
  clear(): void {
    const kept = this.#kept;
    this.#kept = false;
    if (kept && !this.#written) return;
    this.#written = false;
    this.notifier.testAndClear();
  }

  /** Closes the eventfd, once no other thread can be about to write it (I5 of Inbox). */
  close(host: Host): void {
    const inbox = this.#inbox;
    inbox?.close();
    if (inbox === null || nobodyWrites(inbox, host)) this.notifier.dispose();
  }
}

/**
 * Waits until no other thread can be about to write the eventfd of a closed inbox. Returns false if one
 * was terminated in between: then the descriptor must be given up rather than reused.
 */
export function nobodyWrites(inbox: Inbox, host: Host): boolean {
  const none = host.alloc(0);
  // Without it: explore close --without wait-for-writers,
  // explore iothread_stop --without wait-for-writers
  for (let ms = 0; inbox.hasWriters; ms++) {
    if (ms === MOST_WRITE_MS) return false;
    host.poll(none, 0, NS_PER_MS);
  }
  return true;
}
