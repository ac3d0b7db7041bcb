/** Arguments of ChildWatch. */

import type { SpawnRequest } from '../host/host.ts';
import type { ChildCallbacks, ChildEvent } from './child-event.ts';
import type { LoopTimes } from './death-times.ts';
import type { SignalLoop } from './signal-loop.ts';
import type { Signals } from './signals.ts';

/** A child to start and watch. */
export interface ChildRequest {
  readonly request: SpawnRequest;
  /** Its name in traces and events. */
  readonly name: string;
  readonly callbacks?: ChildCallbacks | undefined;
}

export interface ChildWatchOptions {
  readonly loop: SignalLoop & {
    /** Start and end of its polls: MainLoop.pollTimes. */
    readonly pollTimes?: LoopTimes | undefined;
  };
  readonly signals: Signals;
  /** When the loop slept, which dates the deaths; by default the loop's own pollTimes. */
  readonly times?: LoopTimes | undefined;
  /** Whether stops and continues are reported too: without SA_NOCLDSTOP. */
  readonly stops?: boolean | undefined;
  /**
   * Whether every child of the process is ours, as for pid 1 and subreapers: orphans that come to
   * us, and children that were there before, are reaped and passed to onOrphan.
   */
  readonly adopts?: boolean | undefined;
  readonly onOrphan?: ((event: ChildEvent) => void) | undefined;
}
