import type { AioHandler, ReadyList } from '../handler.ts';
import type { EdgeNotifiers } from './edges.ts';

/** The ways to wait for fds that a context can be on. */
export type FdMonKind = 'poll' | 'epoll';

/**
 * Which monitor a context uses: `auto` as QEMU does, poll up to 63 fds and
 * epoll from 64 on; the others from the first poll on.
 */
export type FdMonChoice = 'auto' | FdMonKind;
export const FDMON_CHOICES: readonly FdMonChoice[] = ['auto', 'poll', 'epoll'];

/** How a context waits for its fds. QEMU: FDMonOps. */
export interface FdMon {
  readonly kind: FdMonKind;
  /** A handler was added (no old), took the place of another, or was removed (no next). */
  update(old: AioHandler | null, next: AioHandler | null): void;
  /**
   * Sleeps for timeoutNs at most (-1: for ever, 0: not at all) and puts what is
   * ready on the list. Returns how many, or -errno.
   */
  wait(ready: ReadyList, timeoutNs: number): number;
  close(): void;
}

/** What a monitor needs of the context that it waits for. */
export interface FdMonOwner {
  readonly id: number;
  /** Number of disable_external in force. */
  readonly externalDisableCount: number;
  readonly edges: EdgeNotifiers;
  /** In order of registration. */
  readonly handlers: ReadonlyMap<number, AioHandler>;
  /** From how many fds on poll is to ask for an upgrade. */
  readonly upgradeFrom: number;
  /** Changes from poll to epoll and returns it, or null. */
  upgrade(): FdMon | null;
  /** epoll has failed: back to poll, for good. */
  downgrade(): void;
}
