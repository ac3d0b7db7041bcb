import type { TraceRing } from '../../trace/ring.ts';
import type { JsonLogParts } from '../log/json-log.ts';
import type { LogWriter } from '../log/log.ts';
import type { WatchMaker } from './watch-parts.ts';

/** Makes the JSON log; loaded only where it is wanted. */
export type JsonLogMaker = (parts: JsonLogParts) => LogWriter;

/** What is loaded only where it is wanted; null: it is not. */
export interface Makers {
  readonly jsonLog: JsonLogMaker | null;
  readonly watch: WatchMaker | null;
  /** Keeps all events for the report of the run. */
  readonly events: TraceRing | null;
}
