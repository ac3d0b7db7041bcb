import { checkFunction, checkObject } from '../host/arguments.ts';
import { checkThread, type TraceThread } from './thread.ts';
import type { TraceSink } from './tracer.ts';

/** Takes bytes synchronously: the caller reuses the memory afterwards. */
export type ByteWriter = (bytes: Uint8Array) => void;

/** Takes the events of one or more threads. */
export interface ThreadSinks {
  /**
   * The sink for a thread's events, from its tracer or from its ring that is replayed. The same
   * thread may ask again.
   */
  sinkOf(thread: TraceThread): TraceSink;
  /**
   * Records that this many events of a thread before its next one are lost.
   * @param thread the main thread if omitted
   */
  dropped(count: number, timeNs: number, thread?: TraceThread): void;
}

/** Writes a trace in one format. */
export interface TraceBackend extends ThreadSinks {
  /** Takes the main thread's events: `sinkOf(MAIN_THREAD)`. */
  readonly sink: TraceSink;
  /** Writes out whatever is buffered. */
  flush(): void;
  /** Ends the trace, even in the middle of an iteration. Nothing may follow. */
  close(): void;
}

/** The process and main thread of a trace, and how its times map to calendar time. */
export interface TraceOrigin {
  readonly pid: number;
  /** The thread whose events a trace of one thread has. */
  readonly tid: number;
  /** Add this to an event's time, in µs, to get µs since 1970. */
  readonly epochUs: number;
}

/** @throws TypeError if write is not a function, or origin not an object */
export function checkBackend(what: string, write: ByteWriter, origin: TraceOrigin): void {
  checkFunction(write, `${what}: the writer`);
  checkObject(origin, `${what}: the origin`, '{ pid, tid, epochUs }');
  const { pid, tid, epochUs } = origin;
  if ([pid, tid, epochUs].every((value) => typeof value === 'number')) return;
  throw new TypeError(`${what}: the origin lacks a number: expected { pid, tid, epochUs }`);
}

/**
 * The id of a thread of a trace.
 * @throws TypeError, RangeError if it is not a TraceThread
 */
export function tidOf(thread: TraceThread, origin: TraceOrigin): number {
  checkThread(thread, 'TraceBackend.sinkOf');
  return thread.tid === 0 ? origin.tid : thread.tid;
}
