import pino from 'pino';
import type { EventDef, EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import { asciiControls } from '../../trace/visible.ts';
import type { LiveText, Names } from './live-text.ts';
import type { LineSink, LogLevel, LogWriter } from './log.ts';
import type { Summary } from './summary.ts';
import type { Why, WhyOf } from './why.ts';

/**
 * The parts of the catalogue that the log needs, passed in so that pino's bundle has no copy of it.
 */
export interface JsonLogParts {
  readonly sink: LineSink;
  readonly events: readonly string[];
  readonly catalogue: Readonly<Record<string, EventDef>>;
  readonly describe: (id: EventId, args: readonly TraceValue[], names: Names) => LiveText;
  readonly names: Names;
  /** Gives the first line of each kind its reason, as `why`. */
  readonly whyOf: WhyOf | null;
  /** Add this to a monotonic time to get ms since 1970. */
  readonly epochMs: number;
}

/**
 * The live log as pino lines: level, time in ms since 1970 (with fractions), event, func (QEMU's
 * name), the event's arguments under the catalogue's names, msg.
 */
export class JsonLog implements LogWriter {
  readonly #parts: JsonLogParts;
  readonly #pino: pino.Logger;
  readonly #given = new Set<Why>();
  #timeNs = 0;
  #text = '';

  constructor(parts: JsonLogParts) {
    this.#parts = parts;
    const stream = {
      write: (line: string): void => {
        this.#text += asciiControls(line);
      },
    };
    const timestamp = (): string => `,"time":${(parts.epochMs + this.#timeNs / 1e6).toFixed(3)}`;
    this.#pino = pino({ level: 'trace', base: null, timestamp }, stream);
  }

  event(level: LogLevel, id: EventId, timeNs: number, args: readonly TraceValue[]): void {
    const { events, catalogue, describe, names, whyOf } = this.#parts;
    const event = events[id]!;
    const { func, text } = describe(id, args, names);
    const line: Record<string, unknown> = { event, func };
    catalogue[event]!.args.forEach(([name], i) => {
      line[name] = args[i];
    });
    const why = whyOf?.(id, args) ?? null;
    if (why !== null && !this.#given.has(why)) {
      this.#given.add(why);
      line.why = why.text;
    }
    this.#timeNs = timeNs;
    this.#pino[level](line, text);
  }

  note(
    level: LogLevel,
    what: string,
    timeNs: number,
    fields: Readonly<Record<string, unknown>>,
    text: string,
  ): void {
    this.#timeNs = timeNs;
    this.#pino[level]({ event: what, ...fields }, text);
  }

  summary(summary: Summary): void {
    this.#timeNs = summary.endNs;
    this.#pino.info({ event: 'summary', ...summary.json() });
    this.flush();
  }

  get state(): readonly unknown[] {
    return [this.#given.size, this.#text];
  }

  flush(): void {
    if (this.#text === '') return;
    this.#parts.sink(this.#text);
    this.#text = '';
  }
}
