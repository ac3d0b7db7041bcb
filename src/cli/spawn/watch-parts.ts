/** What the session and the view know of each other; the view itself is loaded only for --watch. */

import type { Disposable, Host } from '../../host/host.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import type { Signals } from '../../signal/signals.ts';
import type { Summary } from '../log/summary.ts';
import type { LineOutput } from '../output/output.ts';

/** What there is before the loop. */
export interface WatchParts {
  readonly host: Host;
  readonly summary: Summary;
  readonly color: boolean;
  /** Whether each child leads a process group, which signals go to. */
  readonly group: boolean;
}

/** What the view looks at, and may do. */
export interface Watched {
  readonly loop: MainLoop;
  readonly signals: Signals;
  /** Whether every child of the process is ours to reap, and to wait for. */
  readonly adopts: boolean;
  /** Stops us, as Ctrl-Z does; returns when we go on, false where nobody could continue us. */
  readonly suspend: () => boolean;
  /** SIGKILL to all children. */
  readonly killEverybody: () => void;
}

/** `--watch`. Until it is opened, and once it is disposed, the terminal is as it was. */
export interface WatchView extends Disposable {
  /** Where the children's lines go. */
  readonly output: LineOutput;
  /** Takes over the terminal; keys and drawing are the loop's work from then on. */
  open(watched: Watched): void;
  /** Shows something that is no trace event. */
  note(what: string, timeNs: number, text: string): void;
  /** All children have ended. The view stays until the person leaves it, if it is to. */
  ended(stays: boolean): void;
  /** Whether nobody looks any more. */
  readonly done: boolean;
}

/** Makes the view. */
export type WatchMaker = (parts: WatchParts) => WatchView;
