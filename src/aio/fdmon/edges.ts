import { POLLIN } from '../../host/constants.ts';
import type { EventNotifier } from '../event-notifier.ts';
import type { AioHandler } from '../handler.ts';

/** A monitor to which the kernel reports edges. */
export interface EdgeMonitor {
  watches(handler: AioHandler): boolean;
}

/**
 * The event notifiers of a context that are watched edge-triggered: the epoll
 * tells of each set once, so to clear one takes no read.
 *
 * What is cleared so is a debt: its eventfd stays readable. What was reported
 * and is not cleared yet is latched: no edge will come for it.
 *
 * Invariants:
 *  E1. A debt stands only while the monitor under which it was made is the only
 *      one to look. Before another looks, or poll itself, the eventfd is read.
 *  E2. What is latched is found ready by every look until it is cleared, as a
 *      level-triggered fd is.
 *  E3. What this process sets is told once, and is never lost. What another
 *      process sets may be told once more where a debt is paid, since its write
 *      cannot be told from one that was cleared before.
 */
export class EdgeNotifiers {
  /** Whose epoll looked last; null where poll did, to which only the counters count. */
  #monitor: EdgeMonitor | null = null;
  /** Those at 0 to #latchedCount - 1, and perhaps some that have been cleared since. */
  readonly #latched: AioHandler[] = [];
  #latchedCount = 0;
  readonly #debts: EventNotifier[] = [];
  #debtCount = 0;

  /** Whether a clear may leave the eventfd unread. */
  get defers(): boolean {
    return this.#monitor !== null;
  }

  /**
   * A monitor is about to look (E1). Returns whether it must not sleep (E2).
   * @param monitor its epoll, null for poll, which finds what is latched by itself
   */
  begin(monitor: EdgeMonitor | null): boolean {
    if (monitor !== this.#monitor) {
      this.#monitor = monitor;
      this.#payAll();
    }
    return this.#latchedCount > 0 && monitor !== null && this.#anyLatched(monitor);
  }

  /** Makes the counter of a notifier say what is so, whoever asks the kernel. */
  pay(notifier: EventNotifier): void {
    if (!notifier.owes) return;
    this.#debts[this.#debts.indexOf(notifier)] = this.#debts[--this.#debtCount]!;
    notifier.pay();
  }

  #payAll(): void {
    while (this.#debtCount > 0) this.#debts[--this.#debtCount]!.pay();
  }

  /** A latched notifier was cleared. Most often it is the one reported last. */
  cleared(notifier: EventNotifier): void {
    const last = this.#latchedCount - 1;
    if (last >= 0 && this.#latched[last]!.notifier === notifier) this.#latchedCount = last;
  }

  /** A notifier was cleared without a read, the first time since it was paid. */
  owe(notifier: EventNotifier): void {
    this.#debts[this.#debtCount++] = notifier;
  }

  /** An epoll has told of an edge (E2). */
  report(handler: AioHandler): void {
    if (handler.notifier!.latch()) this.#latched[this.#latchedCount++] = handler;
  }

  #anyLatched(monitor: EdgeMonitor): boolean {
    let kept = 0;
    let any = false;
    for (let i = 0; i < this.#latchedCount; i++) {
      const handler = this.#latched[i]!;
      if (handler.deleted || !handler.notifier!.latched) continue;
      this.#latched[kept++] = handler;
      if (monitor.watches(handler)) any = true;
    }
    this.#latchedCount = kept;
    return any;
  }

  /** How many are latched, and perhaps some that are not any more. */
  get latchedCount(): number {
    return this.#latchedCount;
  }

  /** Adds those that the monitor has not found by itself behind the `count` in `to`. Returns how many there are then. */
  collectLatched(to: AioHandler[], count: number): number {
    const monitor = this.#monitor!;
    let end = count;
    for (let i = 0; i < this.#latchedCount; i++) {
      const handler = this.#latched[i]!;
      const at = to.indexOf(handler);
      if ((at >= 0 && at < end) || !monitor.watches(handler)) continue;
      handler.revents = POLLIN;
      to[end++] = handler;
    }
    return end;
  }
}
