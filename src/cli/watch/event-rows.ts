import { CATALOGUE, EVENT_NAMES } from '../../trace/catalogue.ts';
import { liveText, type Names } from '../log/live-text.ts';
import { type Why, whyOf } from '../log/why.ts';
import {
  CYAN,
  DIM,
  GREEN,
  MAGENTA,
  paint,
  RED,
  type Style,
  wordLines,
  YELLOW,
} from '../text/style.ts';
import type { Controls } from './controls.ts';
import { rule, tail } from './layout.ts';
import type { Entry } from './model-state.ts';
import { printable } from './pane.ts';
import { fdNames, type Shown } from './tables.ts';
import { nameWidth } from './thread-table.ts';

const KIND_COLORS = { poll: DIM, signal: YELLOW, bh: MAGENTA, child: GREEN, other: CYAN };
const MARK = '▸';
/** On narrower terminals columns would leave no room for the text. */
const NARROW = 64;

/** The rows of the events in one frame, and the reason of the lowest one. */
export class EventRows {
  readonly #view: Shown;
  readonly #controls: Controls;
  readonly #names: Names;
  readonly #filter: string;
  /** The lowest event that is shown; undefined if there is none. */
  #lowest: Entry | undefined;

  constructor(view: Shown, controls: Controls) {
    this.#view = view;
    this.#controls = controls;
    const { coroutines, threads } = view.model;
    this.#names = { fds: fdNames(view.moment), coroutines, threads };
    this.#filter = controls.filter.toLowerCase();
  }

  rows(height: number): readonly string[] {
    const list = this.#matching();
    const shown = tail(list, height, this.#controls.scrolled('events', list.length - height));
    this.#lowest = shown.at(-1);
    const rows = shown.map((entry) => this.#text(entry, this.#view.style));
    const last = rows.at(-1);
    if (this.#controls.explain && last !== undefined) {
      rows[rows.length - 1] = last.replace(' ', MARK);
    }
    return rows;
  }

  /** The reason of the marked event. Call it after `rows`. */
  explanation(height: number, columns: number): string[] {
    const { style } = this.#view;
    const entry = this.#lowest;
    const { title, said } = explained(entry, columns, height - 1);
    const lines = [rule(style, title, columns), ...said];
    while (lines.length < height) lines.push('');
    return lines.slice(0, height);
  }

  #matching(): readonly Entry[] {
    const { events } = this.#view.model;
    if (this.#filter === '') return events;
    const plain = { ...this.#view.style, color: false };
    return events.filter((entry) => {
      entry.searched ??= this.#text(entry, plain).toLowerCase();
      return entry.searched.includes(this.#filter);
    });
  }

  #text(entry: Entry, style: Style): string {
    const { id, args, timeNs } = entry;
    const { moment, digits } = this.#view;
    const narrow = style.width < NARROW;
    const space = narrow ? 3 : 4;
    const time = ((timeNs - moment.startNs) / 1e9).toFixed(digits).padStart(digits + space);
    const said =
      id === undefined || args === undefined
        ? { func: entry.func ?? '', text: entry.text ?? '', kind: 'other' as const }
        : liveText(id, args, this.#names);
    const color = id === undefined ? RED : KIND_COLORS[said.kind];
    const func = paint(style, color, narrow ? said.func : said.func.padEnd(21));
    const width = nameWidth(moment.threads);
    const who = width === 0 ? '' : `${(entry.thread ?? 'main').slice(0, width).padEnd(width)} `;
    return `${paint(style, DIM, time)} ${who}${func} ${printable(said.text.replaceAll('\n', ' '))}`;
  }
}

function explained(
  entry: Entry | undefined,
  columns: number,
  rows: number,
): { title: string; said: string[] } {
  if (entry === undefined) return { title: 'why', said: ['There is no event yet.'] };
  const { id, args = [], func = '' } = entry;
  if (id === undefined) {
    return { title: `why: ${func}`, said: ["This line is qemu-loop's own, not the loop's."] };
  }
  const why = whyOf(id, args);
  if (why !== null) return { title: `why: ${why.section}`, said: whyLines(why, columns, rows) };
  const name = EVENT_NAMES[id]!;
  const help = wordLines(`${CATALOGUE[name].help}.`, 0, 0, columns);
  return { title: `what: ${name}`, said: help };
}

/** The sentence, then the names; on a small screen the names give way last. */
function whyLines(why: Why, columns: number, rows: number): string[] {
  const sentence = wordLines(why.text, 0, 0, columns);
  const names = wordLines(`QEMU 7.2: ${why.qemu} · here: ${why.here}`, 0, 0, columns);
  const room = Math.max(1, rows - sentence.length);
  return [...sentence.slice(0, Math.max(1, rows - 1)), ...names.slice(0, room)];
}
