import type { MainLoop } from '../../mainloop/main-loop.ts';
import type { TraceRing } from '../../trace/ring.ts';
import type { Tracer } from '../../trace/tracer.ts';
import type { JsonLogMaker } from '../log/open-log.ts';
import type { Summary } from '../log/summary.ts';
import type { WhyOf } from '../log/why.ts';
import type { NodeChannel } from './node-channel.ts';
import type { WatchMaker } from './watch-parts.ts';

/** A session that is about to start its children. */
export interface Built {
  readonly loop: MainLoop;
  readonly summary: Summary;
}

/** Parts that are loaded only on demand; null if they are not wanted. */
export interface Makers {
  readonly jsonLog: JsonLogMaker | null;
  /** Gives the reasons of the log's lines. */
  readonly whyOf: WhyOf | null;
  readonly watch: WatchMaker | null;
  /** Keeps all events for the report of the run. */
  readonly events: TraceRing | null;
  /** Called with the tracer before anything is made. */
  readonly observe?: ((trace: Tracer) => void) | undefined;
  /** Called once the loop and its parts are made. */
  readonly onBuilt?: ((built: Built) => void) | undefined;
  /** Writes what there is of the record; null if there is none, or nobody may ask for it. */
  readonly takeRecord?: (() => void) | undefined;
  /** The channel passed on to the children. */
  readonly channel: NodeChannel | null;
}
