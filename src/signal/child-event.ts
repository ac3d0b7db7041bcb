/** What is told of a child. */

import type { WaitResult } from '../host/host.ts';
import type { DeathTimes } from './death-times.ts';

/** How a child ended, or changed. */
export interface ChildEvent extends Readonly<WaitResult> {
  readonly name: string;
  /**
   * ns from death to reap. Where the loop slept when the child died this is from
   * its waking up; where it was busy, the most that it can be: from the last
   * time it looked.
   */
  readonly latencyNs: number;
  /** Whether latencyNs is a bound, since the loop was busy. */
  readonly latencyIsBound: boolean;
}

export interface ChildCallbacks {
  readonly onEnd?: ((event: ChildEvent) => void) | undefined;
  /** The child stopped or went on; only with ChildWatchOptions.stops. */
  readonly onStatus?: ((event: ChildEvent) => void) | undefined;
}

/** Field by field: a spread makes a new hidden class for each child, which takes V8 15 µs. */
export function newChildEvent(
  name: string,
  result: WaitResult,
  deaths: DeathTimes,
  nowNs: number,
): ChildEvent {
  return {
    pid: result.pid,
    uid: result.uid,
    code: result.code,
    status: result.status,
    utimeNs: result.utimeNs,
    stimeNs: result.stimeNs,
    maxrssKiB: result.maxrssKiB,
    minflt: result.minflt,
    majflt: result.majflt,
    nvcsw: result.nvcsw,
    nivcsw: result.nivcsw,
    name,
    latencyNs: deaths.latencyNs(nowNs),
    latencyIsBound: deaths.isBound(result.pid),
  };
}
