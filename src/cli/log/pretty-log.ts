import type { EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import { visible } from '../../trace/visible.ts';
import {
  CYAN,
  DIM,
  GREEN,
  MAGENTA,
  paint,
  RED,
  type Style,
  wordLines,
  wrap,
  YELLOW,
} from '../text/style.ts';
import { type Kind, liveText, type Names } from './live-text.ts';
import type { LineSink, LogLevel, LogWriter } from './log.ts';
import { type Summary, summaryText } from './summary.ts';
import type { Why, WhyOf } from './why.ts';

const COLORS: Readonly<Record<Kind, string>> = {
  poll: DIM,
  signal: YELLOW,
  bh: MAGENTA,
  child: GREEN,
  other: CYAN,
};

const SECONDS_WIDTH = 2;
/** Decimals of a second: a real machine is exact to a few µs. */
const DECIMALS = 6;
const NAME_WIDTH = 21;
/** On narrower terminals, columns would leave no room for the text. */
const NARROW = 64;
/** The most columns of a reason. */
const WHY_WIDTH = 100;

export interface PrettyOptions {
  /** Decimals of a second; by default enough for a real machine. */
  readonly decimals?: number | undefined;
  /** Puts the reason under the first line of each kind. */
  readonly whyOf?: WhyOf | null | undefined;
  /** The thread of the next line, in a column of its own. */
  readonly who?: (() => string) | undefined;
}

/** The live log for people: seconds since the start, QEMU's name, and the essentials. */
export class PrettyLog implements LogWriter {
  readonly #sink: LineSink;
  readonly #style: () => Style;
  readonly #names: Names;
  readonly #startNs: number;
  readonly #decimals: number;
  readonly #whyOf: WhyOf | null;
  readonly #who: (() => string) | null;
  /** The reasons given so far: each is given once. */
  readonly #given = new Set<Why>();
  #text = '';

  constructor(
    sink: LineSink,
    style: () => Style,
    names: Names,
    startNs: number,
    { decimals = DECIMALS, whyOf = null, who }: PrettyOptions = {},
  ) {
    this.#decimals = decimals;
    this.#whyOf = whyOf;
    this.#who = who ?? null;
    this.#sink = sink;
    this.#style = style;
    this.#names = names;
    this.#startNs = startNs;
  }

  event(_level: LogLevel, id: EventId, timeNs: number, args: readonly TraceValue[]): void {
    const { func, text, kind } = liveText(id, args, this.#names);
    this.#line(timeNs, func, text, COLORS[kind]);
    const why = this.#whyOf?.(id, args) ?? null;
    if (why !== null && !this.#given.has(why)) this.#explain(why);
  }

  note(
    level: LogLevel,
    what: string,
    timeNs: number,
    _fields: Readonly<Record<string, unknown>>,
    text: string,
  ): void {
    this.#line(timeNs, what, text, level === 'warn' || level === 'error' ? RED : CYAN);
  }

  summary(summary: Summary): void {
    this.#text += summaryText(summary, this.#style());
    this.flush();
  }

  get state(): readonly unknown[] {
    return [this.#given.size, this.#text];
  }

  flush(): void {
    if (this.#text === '') return;
    this.#sink(this.#text);
    this.#text = '';
  }

  #explain(why: Why): void {
    this.#given.add(why);
    const style = this.#style();
    // Nobody reads a line of 150 characters, even if it is not cut.
    const width = style.width === 0 ? WHY_WIDTH : Math.min(style.width, WHY_WIDTH);
    const indent = width < NARROW ? 4 : SECONDS_WIDTH + this.#decimals + 1;
    for (const line of wordLines(why.text, indent, indent, width)) {
      this.#text += `${paint(style, DIM, `${' '.repeat(indent)}${line}`)}\n`;
    }
  }

  #line(timeNs: number, func: string, said: string, color: string): void {
    const [name, text] = [visible(func), visible(said)];
    const style = this.#style();
    const timeWidth = SECONDS_WIDTH + this.#decimals;
    const time = ((timeNs - this.#startNs) / 1e9).toFixed(this.#decimals).padStart(timeWidth);
    const narrow = style.width > 0 && style.width < NARROW;
    const who = this.#who === null ? '' : `${narrow ? this.#who().trim() : this.#who()} `;
    const padded = narrow ? name : name.padEnd(NAME_WIDTH);
    const used = timeWidth + 1 + who.length + padded.length + 1;
    const indent = narrow ? 4 : timeWidth + who.length + NAME_WIDTH + 2;
    const body = wrap(text, used, indent, style.width);
    this.#text += `${paint(style, DIM, time)} ${who}${paint(style, color, padded)} ${body}\n`;
  }
}
