/**
 * Handles stand for objects of another thread. They are plain data: postMessage can send them, also
 * as workerData, or within another object.
 */

import { checkObject, shown } from '../host/arguments.ts';
import type { QemuVersion } from './profile.ts';

/** The parts of a context's handle that its bottom halves need. */
export interface WakeHandle {
  /** The context's, as in traces. */
  readonly name: string;
  /** The descriptor to write, to end the context's sleep. */
  readonly wakeFd: number;
  /** The context's shared words, as far as all of its handles need them. */
  readonly words: SharedArrayBuffer;
}

/** An AioContext, for other threads. Made by AioContext.share; used by RemoteContext.from. */
export interface ContextHandle extends WakeHandle {
  readonly kind: 'context';
  /** The QEMU that it behaves as. */
  readonly qemu: QemuVersion;
  /** The calls of its entries, and the entries' names. */
  readonly calls: SharedArrayBuffer;
  readonly names: SharedArrayBuffer;
}

/** A bottom half, for other threads. Made by BottomHalf.share; used by RemoteBottomHalf.from. */
export interface BottomHalfHandle {
  readonly kind: 'bottom half';
  readonly context: WakeHandle;
  readonly name: string;
  /** Its number in traces. */
  readonly id: number;
  /** The shared words that have its slot. */
  readonly words: SharedArrayBuffer;
  readonly slot: number;
  readonly generation: number;
}

/** How another thread tells that a timer of a group is the new first one. */
export interface TimerNotify {
  readonly context: WakeHandle;
  /** Scheduled for it; null if the context is notified. */
  readonly bh: BottomHalfHandle | null;
}

/** A timer, for other threads. Made by QemuTimer.share; used by RemoteTimer.from. */
export interface TimerHandle {
  readonly kind: 'timer';
  readonly name: string;
  /** ns of one unit of its times. */
  readonly scale: number;
  readonly notify: TimerNotify;
  /** The shared memory of its group's shared timers. */
  readonly board: SharedArrayBuffer;
  readonly slot: number;
  readonly generation: number;
}

const MAKERS = { context: 'AioContext', 'bottom half': 'BottomHalf', timer: 'QemuTimer' } as const;

/** @throws TypeError if a value is not a handle of the kind */
export function checkHandle(
  handle: ContextHandle | BottomHalfHandle | TimerHandle,
  kind: keyof typeof MAKERS,
  what: string,
): void {
  const is = `a result of ${MAKERS[kind]}.share`;
  checkObject(handle, `${what}: the handle`, is);
  if (handle.kind === kind) return;
  throw new TypeError(`${what}: the handle has kind ${shown(handle.kind)}: expected ${is}`);
}
