/** A thread of the simulated process, and its sleep in a call. */

import { SimDeadlockError, type VirtualClock } from './clock.ts';
import { PendingSet } from './pending.ts';

/** The result of a call that has put its thread to sleep: the call is not over. */
export const ASLEEP = Number.MIN_SAFE_INTEGER;

/** A call in which a thread sleeps. */
export abstract class SleepingCall {
  /** Its name. */
  abstract readonly what: string;
  /** Its name and subject, for people: `read of fd 3`. */
  abstract readonly detail: string;
  /** Whether it has changed something since it was looked at: a write that is done in part. */
  moved = false;
  /** Something has happened: returns the call's result, or ASLEEP if the thread sleeps on. */
  abstract again(): number;
  /** The result after the timeout, if nothing else has ended the call. */
  late(): number {
    return 0;
  }
  /** It is over, however it ended. */
  over(): void {}
}

class Busy extends SleepingCall {
  readonly what = 'compute';
  readonly detail = 'compute';
  again(): number {
    return ASLEEP;
  }
}

/** The thread is busy, until the deadline. */
export const BUSY: SleepingCall = new Busy();

/** Gives the processor to a thread other than main. */
export interface Runner {
  /** Gives it the result of its call, and the processor until it makes its next call. */
  resume(): void;
  /** Makes that call in the kernel; ASLEEP if the thread sleeps in it. */
  execute(): number;
  /** Ends the thread: none of its calls returns any more. */
  kill(): void;
}

export class Thread {
  readonly tid: number;
  readonly name: string;
  /** Null for main, which has the processor whenever the kernel returns. */
  readonly runner: Runner | null;

  /** Signals that are blocked. */
  blockedLo = 0;
  blockedHi = 0;
  /** Signals sent to this thread alone. */
  readonly pending = new PendingSet();
  /** Whether a signal's handler has run since the call began. */
  interrupted = false;
  /** Whether that handler has SA_RESTART, so that calls that can be restarted are. */
  restarts = false;

  /** The call in which it sleeps; null if it could run. */
  call: SleepingCall | null = null;
  /** When that call ends at the latest. */
  deadlineNs = Infinity;
  /** The state of the kernel in which the call was last asked: see Scheduler. */
  seen = 0;
  /** The result of the call that it slept in. */
  result = 0;
  /** The thread that made it, and whether its Worker can exist by now: see Scheduler.born. */
  maker: Thread | null = null;
  started = false;

  constructor(tid: number, name: string, runner: Runner | null) {
    this.tid = tid;
    this.name = name;
    this.runner = runner;
  }

  /** A call begins: only signals from now on interrupt it. */
  begin(): void {
    this.interrupted = false;
    this.restarts = false;
  }

  /** A handler ran. The first one decides, as in Linux. */
  interrupt(restarts: boolean): void {
    if (this.interrupted) return;
    this.interrupted = true;
    this.restarts = restarts;
  }

  /** Whether the signal that came ends a call such as read; otherwise the call goes on. */
  endsCall(): boolean {
    if (!this.interrupted) return false;
    if (!this.restarts) return true;
    this.begin();
    return false;
  }
}

/** The sleep of the only thread. Returns the call's result. */
export function sleepAlone(clock: VirtualClock, call: SleepingCall, deadlineNs: number): number {
  try {
    while (clock.sleep(call.what, deadlineNs)) {
      const n = call.again();
      if (n !== ASLEEP) return n;
    }
    return call.late();
  } finally {
    call.over();
  }
}

/** When the sleep of a thread ends by its timeout, at the soonest. */
export function soonestNs(threads: readonly Thread[]): number {
  let soonest = Infinity;
  for (const { call, deadlineNs } of threads) {
    if (call !== null && deadlineNs < soonest) soonest = deadlineNs;
  }
  return soonest;
}

/** The error that says what each thread waits for. */
export function deadlockOf(threads: readonly Thread[], nowNs: number): SimDeadlockError {
  const waits = threads.map(({ name, call }) => ({
    thread: name,
    call: call?.detail ?? 'its start',
  }));
  return new SimDeadlockError(waits, nowNs);
}
