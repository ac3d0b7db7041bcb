import type { TraceRing } from '../../trace/ring.ts';
import type { JsonLogMaker } from '../log/open-log.ts';
import type { NodeChannel } from './node-channel.ts';
import type { WatchMaker } from './watch-parts.ts';

/** What is loaded only where it is wanted; null: it is not. */
export interface Makers {
  readonly jsonLog: JsonLogMaker | null;
  readonly watch: WatchMaker | null;
  /** Keeps all events for the report of the run. */
  readonly events: TraceRing | null;
  /** Handed on to the children. */
  readonly channel: NodeChannel | null;
}
