import { checkFunction, checkObject } from '../host/arguments.ts';
import type { TraceSink } from './tracer.ts';

/** Takes bytes at once: they are used again when it returns. */
export type ByteWriter = (bytes: Uint8Array) => void;

/** Writes a trace in one format. */
export interface TraceBackend {
  /** To be attached to a tracer, or given what a ring has kept. */
  readonly sink: TraceSink;
  /** Says that this many events before the next one are lost. */
  dropped(count: number, timeNs: number): void;
  /** Hands on what is held back. */
  flush(): void;
  /** Ends the trace, also in the middle of an iteration. Nothing may follow. */
  close(): void;
}

/** Whose trace it is, and how its times relate to the calendar. */
export interface TraceOrigin {
  readonly pid: number;
  readonly tid: number;
  /** What to add to an event's time, in µs, to get µs since 1970. */
  readonly epochUs: number;
}

/** @throws TypeError where a backend is given something else */
export function checkBackend(what: string, write: ByteWriter, origin: TraceOrigin): void {
  checkFunction(write, `${what}: the writer`);
  checkObject(origin, `${what}: the origin`, '{ pid, tid, epochUs }');
}
