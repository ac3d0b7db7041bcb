import type { EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import type { LogLevel, LogWriter } from '../log/log.ts';
import type { Summary } from '../log/summary.ts';
import type { WatchView } from './watch-parts.ts';

/**
 * The log beside a full-screen view: notes go to the view, and the summary comes when the screen is
 * free.
 */
export class WatchLog implements LogWriter {
  readonly #view: WatchView;
  readonly #log: LogWriter;
  readonly #toFile: boolean;

  /** @param toFile whether the log goes to a file, which does not need the screen */
  constructor(view: WatchView, log: LogWriter, toFile: boolean) {
    this.#view = view;
    this.#log = log;
    this.#toFile = toFile;
  }

  event(level: LogLevel, id: EventId, timeNs: number, args: readonly TraceValue[]): void {
    if (this.#toFile) this.#log.event(level, id, timeNs, args);
  }

  note(
    level: LogLevel,
    what: string,
    timeNs: number,
    fields: Readonly<Record<string, unknown>>,
    text: string,
  ): void {
    if (!this.#view.done) this.#view.note(what, timeNs, text);
    if (this.#toFile || this.#view.done) this.#log.note(level, what, timeNs, fields, text);
  }

  summary(summary: Summary): void {
    this.#view.dispose();
    this.#log.summary(summary);
  }

  get state(): readonly unknown[] {
    return this.#log.state;
  }

  flush(): void {
    if (this.#toFile) this.#log.flush();
  }
}
