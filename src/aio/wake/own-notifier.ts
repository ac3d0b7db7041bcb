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
 *  N1. What the thread would write while it is awake is kept as an event of its
 *      own. Until the notifier's handler has run, every wait finds the notifier
 *      readable, whether nested or not, as it would with the eventfd written.
 *  N2. What comes while the thread is in a wait is written, since only the
 *      eventfd reaches it there.
 *  N3. Under epoll the kernel's order says when the notifier's handler is
 *      called among the others, so there nothing is kept.
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
