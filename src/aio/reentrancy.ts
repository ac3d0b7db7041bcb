import { EV } from '../trace/catalogue.ts';
import type { Tracer } from '../trace/tracer.ts';
import type { BhCallback } from './bottom-half.ts';

const T_REENTRANT = EV.reentrant_aio;

/** What a device shares with its bottom halves. QEMU: MemReentrancyGuard. */
export interface MemReentrancyGuard {
  /** Whether the device is in the middle of I/O, so that nobody should call into it. */
  engagedInIo: boolean;
}

/**
 * A bottom half's function that marks its device as engaged while it runs. That
 * it finds it engaged is only traced: the function is called all the same.
 */
export function guardCallback<T>(
  owner: { readonly id: number; readonly trace: Tracer },
  name: string,
  callback: BhCallback<T>,
  guard: MemReentrancyGuard,
): BhCallback<T> {
  return (opaque) => {
    const last = guard.engagedInIo;
    if (last && owner.trace.on[T_REENTRANT] !== 0) owner.trace.emit(T_REENTRANT, owner.id, name);
    guard.engagedInIo = true;
    try {
      callback(opaque);
    } finally {
      guard.engagedInIo = last;
    }
  };
}
