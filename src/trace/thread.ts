import { checkInteger, checkObject, checkString } from '../host/arguments.ts';

/** A thread whose events a trace has. */
export interface TraceThread {
  /** As gettid; 0 stands for the main thread of the trace, whose id the TraceOrigin has. */
  readonly tid: number;
  /** The name of its track in a chrome trace, and its `thread` in a json trace. */
  readonly name: string;
}

/** The thread of a trace that has only one. */
export const MAIN_THREAD: TraceThread = { tid: 0, name: 'main loop' };

/** Linux numbers threads up to this at most. */
const MOST_TID = 2 ** 31 - 1;

/** @throws TypeError, RangeError */
export function checkThread(thread: TraceThread, what: string): void {
  checkObject(thread, `${what}: the thread`, '{ tid, name }');
  checkInteger(thread.tid, `${what}: the thread's tid`, 0, MOST_TID);
  checkString(thread.name, `${what}: the thread's name`);
}
