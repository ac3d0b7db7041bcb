import type { EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import type { Summary } from './summary.ts';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Who writes the live log: for people, or as JSON. */
export interface LogWriter {
  /** A trace event. */
  event(level: LogLevel, id: EventId, timeNs: number, args: readonly TraceValue[]): void;
  /** Something that is no trace event: a signal was passed on, a child is killed. */
  note(
    level: LogLevel,
    what: string,
    timeNs: number,
    fields: Readonly<Record<string, unknown>>,
    text: string,
  ): void;
  summary(summary: Summary): void;
  /** Hands on what has gathered, with one write. */
  flush(): void;
}

/** Where finished lines go. */
export type LineSink = (text: string) => void;
