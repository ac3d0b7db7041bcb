import type { Host } from '../../host/host.ts';
import { EventNotifier } from '../event-notifier.ts';

/**
 * The event notifier that ends a context's sleep. QEMU: ctx->notifier.
 *
 * QEMU writes the eventfd whenever notify_me is set, and a main loop leaves it set after an
 * iteration that did not have to check. But a thread that is awake needs no eventfd to notify
 * itself.
 *
 * Invariants:
 *  N1. A notification from the awake thread is not written but kept. Until the notifier's handler
 *      has run, every wait finds the notifier readable, nested or not, as if the eventfd had been
 *      written.
 *  N2. A notification during a wait is written, since only the eventfd reaches the thread there.
 *  N3. Under epoll the kernel's order decides when the notifier's handler is called among the
 *      others, so nothing is kept there.
 */
export class OwnNotifier {
  readonly notifier: EventNotifier;
  /** N3. */
  writesAlways = false;
  #inWait = false;
  #kept = false;
  /** Whether the eventfd was written since it was read. */
  #written = false;

  constructor(host: Host) {
    this.notifier = new EventNotifier(host);
  }

  /** Whether an event is kept. */
  get kept(): boolean {
    return this.#kept;
  }

  /** Whether the eventfd was not written since it was last read. */
  get isQuiet(): boolean {
    return !this.#written;
  }

  /** Makes the notifier readable. Returns whether the eventfd was written. */
  set(): boolean {
    if (!this.#inWait && !this.writesAlways) {
      this.#kept = true;
      return false;
    }
    this.#written = true;
    this.notifier.set();
    return true;
  }

  /** A wait begins. Returns whether it must not sleep. */
  enterWait(): boolean {
    this.#inWait = true;
    return this.#kept;
  }

  /** A wait is over. Returns whether the notifier counts as readable, whatever the kernel says. */
  leaveWait(): boolean {
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
