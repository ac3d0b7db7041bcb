import type { AioHandler, ReadyList } from '../handler.ts';
import type { Profile } from '../profile.ts';
import type { EdgeNotifiers } from './edges.ts';

/** QEMU's monitors of a context: FDMonOps of fdmon-poll.c, fdmon-epoll.c and fdmon-io_uring.c. */
export type FdMonKind = 'poll' | 'epoll' | 'io_uring';

/**
 * The call that a PollSet waits with. It is not a monitor of QEMU's: both stand for QEMU's ppoll,
 * and report the same.
 */
export type PollMechanism = 'poll' | 'epoll';

/**
 * Which monitor a context uses: `auto` as QEMU does without io_uring, poll up to 63 fds and
 * epoll from 64 on; the others from the first poll on. `io_uring` is for QEMU 11.
 */
export type FdMonChoice = 'auto' | FdMonKind;
export const FDMON_CHOICES: readonly FdMonChoice[] = ['auto', 'poll', 'epoll', 'io_uring'];

/** @throws RangeError for io_uring if that version of QEMU has none; `owner` is the class */
export function checkUring(fdmon: FdMonChoice, { hasUring }: Profile, owner: string): void {
  if (fdmon !== 'io_uring' || hasUring) return;
  throw new RangeError(`${owner}: option 'fdmon' is 'io_uring', which needs option 'qemu' '11'`);
}

/** How a context waits for its fds. QEMU: FDMonOps. */
export interface FdMon {
  readonly kind: FdMonKind;
  /** A handler was added (no old), replaced, or removed (no next). */
  update(old: AioHandler | null, next: AioHandler | null): void;
  /** Also waits for a record that is none of the context's handlers: see WorkerEnd. */
  addOwn(record: AioHandler): void;
  removeOwn(record: AioHandler): void;
  /**
   * Sleeps for timeoutNs at most (-1: for ever, 0: not at all) and puts ready handlers on the list.
   * Returns how many, or -errno.
   */
  wait(ready: ReadyList, timeoutNs: number): number;
  /**
   * A descriptor that stands for all handlers in a main loop's poll, as from QEMU 11 on; -1 if the main
   * loop polls each of them.
   */
  readonly sourceFd: number;
  /** Tells without a call whether sourceFd is readable; undefined if only the kernel knows. */
  readonly hasEvents?: () => boolean;
  /** A main loop is about to poll sourceFd. */
  prepare(): void;
  /** Puts what is ready on the list, without a wait. Returns how many, or -errno. */
  collect(ready: ReadyList): number;
  close(): void;
}

/** The parts of its context that a monitor needs. */
export interface FdMonOwner {
  readonly name: string;
  /** How many calls of disableExternal are in force. */
  readonly externalDisableCount: number;
  readonly edges: EdgeNotifiers;
  /** In order of registration. */
  readonly handlers: ReadonlyMap<number, AioHandler>;
  /** See FdMon.addOwn; null if there is none. */
  readonly own: AioHandler | null;
  /** The number of fds from which on poll asks for an upgrade. */
  readonly upgradeFrom: number;
  /** Whether the descriptor of an epoll stands for all handlers in a main loop's poll: QEMU 11. */
  readonly isSource: boolean;
  /** Changes from poll to epoll; returns the new monitor, or null. */
  upgrade(): FdMon | null;
  /** epoll has failed: goes back to poll, for good. */
  downgrade(): void;
}

/** Monitors of which the own descriptor may stand for all handlers in a main loop's poll. */
export interface CollectingMonitors {
  /** Whether the main loop polls each handler. */
  readonly isPolledSingly: boolean;
  /** Whether the main loop has found that descriptor ready. */
  readonly isSourceReady: boolean;
  /** A main loop is about to wait. */
  prepareSource(): void;
  /** A new poll of a main loop begins. */
  clearSource(): void;
  /** Puts what is ready on the list, without a wait. */
  collect(ready: ReadyList): void;
}
