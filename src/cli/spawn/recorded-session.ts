import type { TraceOrigin } from '../../trace/backend.ts';

/** The part of a record's header that is about a session. */
export interface RecordedSession {
  readonly command: 'spawn';
  /** The descriptors that the children inherit, with that of Node's channel. */
  readonly passFds: readonly number[];
  readonly origin: TraceOrigin;
}
