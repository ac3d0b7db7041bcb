import type { EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import type { Summary } from './summary.ts';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes the live log: for people, or as JSON. */
export interface LogWriter {
  /** A trace event. */
  event(level: LogLevel, id: EventId, timeNs: number, args: readonly TraceValue[]): void;
  /** Logs something other than a trace event: a signal passed on, a child being killed. */
  note(
    level: LogLevel,
    what: string,
    timeNs: number,
    fields: Readonly<Record<string, unknown>>,
    text: string,
  ): void;
  summary(summary: Summary): void;
  /** All that decides how the next line is written, without its target. */
  readonly state: readonly unknown[];
  /** Writes everything gathered so far, with one call. */
  flush(): void;
}

/** Takes finished lines. */
export type LineSink = (text: string) => void;
