import { checkFunction, checkInteger, checkObject } from '../host/arguments.ts';
import type { HostError } from '../host/errno.ts';
import { anything, checkNames, type Shape } from '../host/shape.ts';

/** The functions that a connection calls, and its limits. */
export interface ConnectionHandlers {
  /** It is connected. Not called for one that a Listener has accepted. */
  readonly onOpen?: (() => void) | undefined;
  /** Bytes have come; the array is the callee's. */
  readonly onBytes?: ((bytes: Uint8Array) => void) | undefined;
  /** A line has come, without its \n or \r\n. Only one of onBytes and onLine may be given. */
  readonly onLine?: ((line: string) => void) | undefined;
  /**
   * The peer sends no more. Without this function the connection ends its own side too, once all is
   * written; with it, that is left to the callee: see end.
   */
  readonly onEnd?: (() => void) | undefined;
  /** After a write returned false: all is written. */
  readonly onDrain?: (() => void) | undefined;
  /** It is over: null, or the error that ended it. Not called after dispose. */
  readonly onClose?: ((error: HostError | null) => void) | undefined;
  /** Ends it with ETIMEDOUT after this time without a byte in or out, ms; by default never. */
  readonly idleMs?: number | undefined;
  /** Bytes waiting to be written from which write returns false; by default 64 KiB. */
  readonly highWaterMark?: number | undefined;
  /** The most bytes of a line; by default 1 MiB. A longer one ends the connection with EMSGSIZE. */
  readonly maxLine?: number | undefined;
}

/** A socket that is being connected. */
export interface ConnectAttempt {
  /** For errors. */
  readonly what: string;
  /** Whether the kernel connects it now. */
  readonly isUnderWay: boolean;
  /** It is connected, or closed. */
  settled(): void;
}

const FUNCTIONS = ['onOpen', 'onBytes', 'onLine', 'onEnd', 'onDrain', 'onClose'] as const;
export const HIGH_WATER_MARK = 65536;
export const MAX_LINE = 1 << 20;
const LONGEST_MS = 0x7fffffff;

export const CONNECTION_SHAPE: Shape<ConnectionHandlers> = {
  onOpen: anything,
  onBytes: anything,
  onLine: anything,
  onEnd: anything,
  onDrain: anything,
  onClose: anything,
  idleMs: anything,
  highWaterMark: anything,
  maxLine: anything,
};

/** @throws TypeError, RangeError */
export function checkHandlers(handlers: ConnectionHandlers): void {
  checkObject(handlers, 'Connection.start: the handlers', 'an object');
  checkNames(handlers, 'Connection.start', CONNECTION_SHAPE);
  for (const name of FUNCTIONS) {
    const value = handlers[name] ?? null;
    if (value !== null) checkFunction(value, `Connection.start: ${name}`);
  }
  if (handlers.onBytes !== undefined && handlers.onLine !== undefined) {
    throw new TypeError('Connection.start: expected onBytes or onLine, not both');
  }
  const { idleMs = 0, highWaterMark = 1, maxLine = 1 } = handlers;
  checkInteger(idleMs, 'Connection.start: idleMs', 0, LONGEST_MS);
  checkInteger(highWaterMark, 'Connection.start: highWaterMark', 1, Number.MAX_SAFE_INTEGER);
  checkInteger(maxLine, 'Connection.start: maxLine', 1, Number.MAX_SAFE_INTEGER);
}
