/** The comparison of two runs as text for a terminal. */

import { CATALOGUE, EV, type EventDef } from '../../../trace/catalogue.ts';
import type { TraceRecord } from '../../../trace/read.ts';
import { formatEvent } from '../../../trace/tracer.ts';
import { visible } from '../../../trace/visible.ts';
import {
  BOLD,
  CYAN,
  cut,
  DIM,
  GREEN,
  paint,
  RED,
  type Style,
  wordLines,
  YELLOW,
} from '../../text/style.ts';
import { count } from '../../text/units.ts';
import { CHANGED, ONLY_A, ONLY_B, SAME, type TraceDiff } from './compare.ts';
import { type DiffSide, shortcomings, verdict } from './diff-words.ts';

/** Rows of both runs that are shown around a difference. */
const AROUND = 3;
/** Rows that a terminal gets; a file or a pipe gets all. */
const MOST_ROWS = 60;
/** Two runs fit beside each other from this width on. */
const LEAST_COLUMNS = 100;
const MARKS = [' ', '|', '<', '>'] as const;
const COLORS = ['', YELLOW, RED, GREEN] as const;

/** An event as QEMU's log has it, on one line. */
function eventLine({ name, args }: TraceRecord): string {
  const { args: defs }: EventDef = CATALOGUE[name];
  const line = formatEvent(
    EV[name],
    defs.map(([arg]) => args[arg]),
  );
  return visible(`${name} ${line}`);
}

export function diffText(diff: TraceDiff, sides: readonly DiffSide[], style: Style): string {
  const say = (color: string, text: string, indent = 0): string =>
    wordLines(text, 0, indent, style.width)
      .map((line, i) => paint(style, color, `${' '.repeat(i === 0 ? 0 : indent)}${line}`))
      .join('\n');
  const lines = sides.map(({ title, trace }, i) =>
    say(BOLD, `${'AB'[i]}  ${visible(title)}: ${count(trace.events.length, 'event')}`, 3),
  );
  for (const note of shortcomings(sides)) lines.push(say(YELLOW, visible(note)));
  lines.push(say('', verdict(diff, sides)));
  if (diff.first >= 0) lines.push('', ...rowsText(diff, sides, style));
  return `${lines.join('\n')}\n`;
}

function rowsText(diff: TraceDiff, sides: readonly DiffSide[], style: Style): string[] {
  const most = style.width === 0 ? Number.POSITIVE_INFINITY : MOST_ROWS;
  const row = style.width < LEAST_COLUMNS ? unifiedRow : besideRow;
  const texts = sides.map(({ trace }) => (event: number): string => {
    const record = trace.events[event];
    return record === undefined ? '' : `${event} ${eventLine(record)}`;
  });
  const lines: string[] = [];
  let shown = 0;
  let last = -1;
  for (const at of around(diff)) {
    if (shown === most) {
      const more = diff.kinds.slice(at).filter((kind) => kind !== SAME).length;
      lines.push(paint(style, DIM, `… ${count(more, 'difference')} more: -o FILE draws all`));
      break;
    }
    if (at > last + 1) lines.push(paint(style, DIM, `… ${at - last - 1} the same`));
    if (at === diff.first) lines.push(paint(style, CYAN, '→ the first difference'));
    const made = row(diff.kinds[at]!, texts[0]!(diff.a[at]!), texts[1]!(diff.b[at]!), style.width);
    const color = COLORS[diff.kinds[at]!]!;
    for (const one of made) lines.push(paint(style, color, one));
    last = at;
    shown++;
  }
  return lines;
}

/** The rows that differ, and some around each. */
function* around({ kinds }: TraceDiff): Generator<number> {
  let next = 0;
  for (let row = 0; row < kinds.length; row++) {
    if (kinds[row] === SAME) continue;
    const end = Math.min(kinds.length, row + AROUND + 1);
    for (let at = Math.max(next, row - AROUND); at < end; at++) yield at;
    next = Math.max(next, end);
  }
}

function besideRow(kind: number, a: string, b: string, width: number): string[] {
  const column = Math.floor((width - 3) / 2);
  return [`${cut(a, column).padEnd(column)} ${MARKS[kind]} ${cut(b, column)}`.trimEnd()];
}

function unifiedRow(kind: number, a: string, b: string, width: number): string[] {
  const lines = {
    [SAME]: [`  ${a}`],
    [CHANGED]: [`- ${a}`, `+ ${b}`],
    [ONLY_A]: [`- ${a}`],
    [ONLY_B]: [`+ ${b}`],
  }[kind]!;
  return width === 0 ? lines : lines.map((line) => cut(line, width));
}
