/** Walks over a list of bottom halves that change nothing. */

import { BH_DELETED, BH_IDLE, BH_SCHEDULED } from '../trace/bh-flags.ts';
import type { SharedBhs } from './shared-bhs.ts';
import { BH_SHARED, bhIndex, NO_BH, type Wakeup } from './wake/wakeup.ts';

/** The longest that an idle bottom half lets its context sleep. QEMU: aio_compute_bh_timeout. */
const IDLE_TIMEOUT_NS = 10_000_000;

/** Whether a bottom half is to be called, and is not idle. */
export function isUrgent(flags: number): boolean {
  return (flags & (BH_SCHEDULED | BH_DELETED | BH_IDLE)) === BH_SCHEDULED;
}

/** The flags of a bottom half, and those of a shared one. */
export function bhFlags(wakeup: Wakeup, shared: SharedBhs | null, slot: number): number {
  const flags = wakeup.flags(slot);
  return (flags & BH_SHARED) === 0 ? flags : shared!.flags(slot);
}

/** How long a list allows the context to sleep, if the lists before it allow `timeout`. */
export function listTimeoutNs(
  wakeup: Wakeup,
  shared: SharedBhs | null,
  head: number,
  timeout: number,
): number {
  let soonest = timeout;
  for (let slot = head; slot !== NO_BH; slot = wakeup.next(slot)) {
    let flags = wakeup.flags(slot);
    if ((flags & BH_SHARED) !== 0) flags = shared!.flags(slot);
    if ((flags & (BH_SCHEDULED | BH_DELETED)) === BH_SCHEDULED) {
      if ((flags & BH_IDLE) === 0) return 0;
      soonest = IDLE_TIMEOUT_NS;
    }
  }
  return soonest;
}

/** Whether any on the list is to be called. */
export function anyScheduledIn(wakeup: Wakeup, shared: SharedBhs | null, head: number): boolean {
  for (let slot = head; slot !== NO_BH; slot = wakeup.next(slot)) {
    const flags = bhFlags(wakeup, shared, slot);
    if ((flags & (BH_SCHEDULED | BH_DELETED)) === BH_SCHEDULED) return true;
  }
  return false;
}

/** The names of those on a list, in its order. */
export function namesIn(wakeup: Wakeup, head: number, names: readonly string[]): string[] {
  const found: string[] = [];
  for (let slot = head; slot !== NO_BH; slot = wakeup.next(slot)) found.push(names[bhIndex(slot)]!);
  return found;
}
