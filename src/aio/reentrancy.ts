import { EV } from '../trace/catalogue.ts';
import type { Tracer } from '../trace/tracer.ts';
import type { BhCallback } from './bottom-half.ts';

const T_REENTRANT = EV.reentrant_aio;

/** A device's state shared with its bottom halves. QEMU: MemReentrancyGuard. */
export interface MemReentrancyGuard {
  /** Whether the device is in the middle of I/O, and should not be called. */
  engagedInIo: boolean;
}

/**
 * A bottom half's function that marks its device as engaged while it runs. If the device is already
 * engaged that is only traced: the function is still called.
 */
export function guardCallback<T>(
  owner: { readonly name: string; readonly trace: Tracer },
  name: string,
  callback: BhCallback<T>,
  guard: MemReentrancyGuard,
): BhCallback<T> {
  return (opaque) => {
    const last = guard.engagedInIo;
    if (last && owner.trace.on[T_REENTRANT] !== 0) owner.trace.emit(T_REENTRANT, owner.name, name);
    guard.engagedInIo = true;
    try {
      callback(opaque);
    } finally {
      guard.engagedInIo = last;
    }
  };
}
