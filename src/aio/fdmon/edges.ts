import { POLLIN } from '../../host/constants.ts';
import type { EventNotifier } from '../event-notifier.ts';
import type { AioHandler, HandlerEdges } from '../handler.ts';

/** A monitor that gets edges. */
export interface EdgeMonitor {
  watches(handler: AioHandler): boolean;
}

/**
 * The event notifiers of a context that are watched edge-triggered: the epoll reports each set
 * once, so clearing one takes no read.
 *
 * A notifier cleared that way is a debt: its eventfd stays readable. A notifier that was reported
 * and is not cleared yet is latched: no edge will come for it.
 *
 * Invariants:
 *  E1. A debt exists only while the monitor under which it was made is the only one to look. Before
 *      another monitor, or poll itself, looks, the eventfd is read.
 *  E2. A latched notifier is found ready by every look until it is cleared, as a level-triggered fd
 *      is.
 *  E3. A set by this process is reported once, and never lost. A set by another process may be
 *      reported once more when a debt is paid, since its write cannot be told from one that was
 *      cleared before.
 */
export class EdgeNotifiers implements HandlerEdges {
  /** The monitor whose epoll looked last; null if poll did, which sees only the counters. */
  #monitor: EdgeMonitor | null = null;
  /**
   * The latched handlers from 0 to #latchedCount - 1, perhaps with some that have been cleared
   * since.
   */
  readonly #latched: AioHandler[] = [];
  #latchedCount = 0;
  readonly #debts: EventNotifier[] = [];
  #debtCount = 0;

  get defers(): boolean {
    return this.#monitor !== null;
  }

  /**
   * A monitor is about to look (E1). Returns whether it must not sleep (E2).
   * @param looker its epoll; null for poll, which finds latched notifiers by itself
   */
  begin(monitor: EdgeMonitor | null): boolean {
    if (monitor !== this.#monitor) {
      this.#monitor = monitor;
      this.#payAll();
    }
    return this.#latchedCount > 0 && monitor !== null && this.#anyLatched(monitor);
  }

  pay(notifier: EventNotifier): void {
    if (!notifier.owes) return;
    this.#debts[this.#debts.indexOf(notifier)] = this.#debts[--this.#debtCount]!;
    notifier.pay();
  }

  #payAll(): void {
    while (this.#debtCount > 0) this.#debts[--this.#debtCount]!.pay();
  }

  /** Most often it is the last one reported. */
  cleared(notifier: EventNotifier): void {
    const last = this.#latchedCount - 1;
    if (last >= 0 && this.#latched[last]!.notifier === notifier) this.#latchedCount = last;
  }

  owe(notifier: EventNotifier): void {
    this.#debts[this.#debtCount++] = notifier;
  }

  /** An epoll has reported an edge (E2). */
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

  /** How many are latched, perhaps including some that no longer are. */
  get latchedCount(): number {
    return this.#latchedCount;
  }

  /**
   * Appends those that the monitor has not found by itself to the `count` in `to`. Returns the new
   * count.
   */
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
