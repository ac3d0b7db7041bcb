import { checkFunction, checkObject } from '../host/arguments.ts';
import type { TraceSink } from './tracer.ts';

/** Takes bytes synchronously: the caller reuses the memory afterwards. */
export type ByteWriter = (bytes: Uint8Array) => void;

/** Writes a trace in one format. */
export interface TraceBackend {
  /** Takes events from a tracer, or from a ring that is replayed. */
  readonly sink: TraceSink;
  /** Records that this many events before the next one are lost. */
  dropped(count: number, timeNs: number): void;
  /** Writes out whatever is buffered. */
  flush(): void;
  /** Ends the trace, even in the middle of an iteration. Nothing may follow. */
  close(): void;
}

/** The process and thread of a trace, and how its times map to calendar time. */
export interface TraceOrigin {
  readonly pid: number;
  readonly tid: number;
  /** Add this to an event's time, in µs, to get µs since 1970. */
  readonly epochUs: number;
}

/** @throws TypeError if write is not a function, or origin not an object */
export function checkBackend(what: string, write: ByteWriter, origin: TraceOrigin): void {
  checkFunction(write, `${what}: the writer`);
  checkObject(origin, `${what}: the origin`, '{ pid, tid, epochUs }');
}
