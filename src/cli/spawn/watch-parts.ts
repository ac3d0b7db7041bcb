/** The interface between the session and the view; the view itself is loaded only for --watch. */

import type { Disposable, Host } from '../../host/host.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import type { Signals } from '../../signal/signals.ts';
import type { Summary } from '../log/summary.ts';
import type { LineOutput } from '../output/output.ts';

/** The parts that exist before the loop. */
export interface WatchParts {
  readonly host: Host;
  readonly summary: Summary;
  readonly color: boolean;
  /** Whether each child leads a process group, which signals go to. */
  readonly group: boolean;
}

/** The objects that the view looks at, and its actions on them. */
export interface Watched {
  readonly loop: MainLoop;
  readonly signals: Signals;
  /** Whether every child of the process is ours to reap, and to wait for. */
  readonly adopts: boolean;
  /** Stops us, as Ctrl-Z does; returns once we are continued, false if nobody could continue us. */
  readonly suspend: () => boolean;
  /** Sends SIGKILL to all children. */
  readonly killEverybody: () => void;
}

/** `--watch`. Before it is opened, and after it is disposed, the terminal is as it was. */
export interface WatchView extends Disposable {
  /** Takes the children's lines. */
  readonly output: LineOutput;
  /** Takes over the terminal; from then on the loop reads keys and draws. */
  open(watched: Watched): void;
  /** Shows something other than a trace event. */
  note(what: string, timeNs: number, text: string): void;
  /** All children have ended. If `stays`, the view remains until the person leaves it. */
  ended(stays: boolean): void;
  /** Whether nobody is looking any more. */
  readonly done: boolean;
}

/** Makes the view. */
export type WatchMaker = (parts: WatchParts) => WatchView;
