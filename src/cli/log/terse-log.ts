import type { EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import { LOG_LEVELS, type LogLevel, type LogWriter } from './log.ts';
import type { Summary } from './summary.ts';

/**
 * A log at level error or warn: without the chain, the lines below its level, and the summary. Its
 * lines are written at once: no event of the loop says when to.
 */
export class TerseLog implements LogWriter {
  readonly #log: LogWriter;
  readonly #most: number;

  constructor(log: LogWriter, level: 'error' | 'warn') {
    this.#log = log;
    this.#most = LOG_LEVELS.indexOf(level);
  }

  event(level: LogLevel, id: EventId, timeNs: number, args: readonly TraceValue[]): void {
    if (this.#shows(level)) this.#log.event(level, id, timeNs, args);
  }

  note(
    level: LogLevel,
    what: string,
    timeNs: number,
    fields: Readonly<Record<string, unknown>>,
    text: string,
  ): void {
    if (!this.#shows(level)) return;
    this.#log.note(level, what, timeNs, fields, text);
    this.flush();
  }

  summary(_summary: Summary): void {
    this.flush();
  }

  get state(): readonly unknown[] {
    return this.#log.state;
  }

  flush(): void {
    this.#log.flush();
  }

  #shows(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) <= this.#most;
  }
}
