import type { Host } from '../../host/host.ts';
import { EventNotifier } from '../event-notifier.ts';
import type { Wakeup } from './wakeup.ts';

/**
 * How a context's home thread sleeps, and is woken: notify_me says whether it does, and the event
 * notifier ends the sleep. QEMU: ctx->notifier.
 *
 * It belongs to the home thread alone. QEMU writes the eventfd whenever notify_me is set, and a
 * main loop leaves it set after an iteration that did not have to check; but a thread that is awake
 * needs no eventfd to notify itself. Another thread must never take that short cut: what it keeps
 * here the home thread would not see before it sleeps.
 *
 * Invariants:
 *  N1. A notification from the awake thread is not written but kept. Until the notifier's handler
 *      has run, every wait finds the notifier readable, nested or not, as if the eventfd had been
 *      written.
 *  N2. A notification during a wait is written, since only the eventfd reaches the thread there.
 *  N3. Under epoll the kernel's order decides when the notifier's handler is called among the
 *      others, so nothing is kept there.
 */
export class Sleeper {
  readonly notifier: EventNotifier;
  /** N3. */
  writesAlways = false;
  /** How often the eventfd was written. */
  writes = 0;
  #inWait = false;
  #kept = false;
  /** Whether the eventfd was written since it was read. */
  #written = false;

  readonly #wakeup: Wakeup;

  /** @throws HostError if no descriptor is left for the notifier */
  constructor(host: Host, wakeup: Wakeup) {
    this.notifier = new EventNotifier(host);
    this.#wakeup = wakeup;
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
      return;
    }
    this.#written = true;
    this.writes++;
    this.notifier.set();
  }

  /** A wait begins. Returns whether it must not sleep. */
  enter(): boolean {
    this.#inWait = true;
    return this.#kept;
  }

  /** A wait is over. Returns whether the notifier counts as readable, whatever the kernel says. */
  leave(): boolean {
    this.#inWait = false;
    return this.#kept;
  }

  /** QEMU: aio_context_notifier_cb. */
  clear(): void {
    const kept = this.#kept;
    this.#kept = false;
    if (kept && !this.#written) return;
    this.#written = false;
    this.notifier.testAndClear();
  }
}
