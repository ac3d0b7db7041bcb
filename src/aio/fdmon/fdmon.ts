import type { AioHandler, ReadyList } from '../handler.ts';
import type { EdgeNotifiers } from './edges.ts';

/** The ways in which a context can wait for fds. */
export type FdMonKind = 'poll' | 'epoll';

/**
 * The monitor that a context uses: `auto` like QEMU, poll up to 63 fds and epoll from 64 on; the
 * others from the first poll on.
 */
export type FdMonChoice = 'auto' | FdMonKind;
export const FDMON_CHOICES: readonly FdMonChoice[] = ['auto', 'poll', 'epoll'];

/** How a context waits for its fds. QEMU: FDMonOps. */
export interface FdMon {
  readonly kind: FdMonKind;
  /** A handler was added (no old), replaced, or removed (no next). */
  update(old: AioHandler | null, next: AioHandler | null): void;
  /**
   * Sleeps for timeoutNs at most (-1: for ever, 0: not at all) and puts ready handlers on the list.
   * Returns how many, or -errno.
   */
  wait(ready: ReadyList, timeoutNs: number): number;
  close(): void;
}

/** The parts of its context that a monitor needs. */
export interface FdMonOwner {
  readonly id: number;
  /** How many calls of disableExternal are in force. */
  readonly externalDisableCount: number;
  readonly edges: EdgeNotifiers;
  /** In order of registration. */
  readonly handlers: ReadonlyMap<number, AioHandler>;
  /** The number of fds from which on poll asks for an upgrade. */
  readonly upgradeFrom: number;
  /** Changes from poll to epoll; returns the new monitor, or null. */
  upgrade(): FdMon | null;
  /** epoll has failed: goes back to poll, for good. */
  downgrade(): void;
}
