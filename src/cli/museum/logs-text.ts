import { diffEntries } from '../../scenario/run/diff.ts';
import type { LogEntry } from '../../scenario/run/order-log.ts';
import { BOLD, cut, GREEN, paint, RED, type Style } from '../text/style.ts';
import type { Shown } from './exhibit.ts';

/** Two logs fit beside each other from this width on; a file has no width. */
const WIDE = 64;
/** The width of a log beside another if the lines need not be cut. */
const COLUMN = 40;
/** From this number on, equal entries in a row become one line. */
const MANY = 4;
/** An entry that comes this much later is a difference, ns. */
const LATE_NS = 1_000_000;
const MARK = '→ ';
const NO_MARK = '  ';

/** A line of the two logs. */
interface Row {
  readonly left: LogEntry | null;
  readonly right: LogEntry | null;
  readonly differs: boolean;
}

/** The two order logs, beside each other or one below the other; the first difference is marked. */
export function logsText(buggy: Shown, mended: Shown, style: Style): string[] {
  const rows = rowsOf(entriesOf(buggy), entriesOf(mended));
  const first = rows.findIndex(({ differs }) => differs);
  const isWide = style.width === 0 || style.width >= WIDE;
  return isWide ? beside(rows, first, style) : below(rows, first, style);
}

function beside(rows: readonly Row[], first: number, style: Style): string[] {
  const column = style.width === 0 ? COLUMN : Math.floor((style.width - MARK.length - 3) / 2);
  const line = (mark: string, left: string, right: string, colors: readonly string[]): string => {
    const shown = paint(style, colors[0]!, cut(left, column).padEnd(column));
    return `${mark}${shown} | ${paint(style, colors[1]!, cut(right, column))}`.trimEnd();
  };
  return [
    line(NO_MARK, 'buggy', 'mended', [BOLD, BOLD]),
    ...rows.map(({ left, right, differs }, i) =>
      line(
        i === first ? MARK : NO_MARK,
        entryText(left),
        entryText(right),
        differs ? [RED, GREEN] : ['', ''],
      ),
    ),
  ];
}

function below(rows: readonly Row[], first: number, style: Style): string[] {
  const log = (side: 'left' | 'right', color: string): string[] => {
    // If this log has nothing at the first difference, its next entry is marked.
    const marked = rows.findIndex((row, i) => first >= 0 && i >= first && row[side] !== null);
    return rows.flatMap((row, i) => {
      if (row[side] === null) return [];
      const text = cut(entryText(row[side]), style.width - MARK.length);
      const mark = i === marked ? MARK : NO_MARK;
      return [`${mark}${paint(style, row.differs ? color : '', text)}`];
    });
  };
  const [buggy, mended] = [paint(style, BOLD, 'buggy'), paint(style, BOLD, 'mended')];
  return [buggy, ...log('left', RED), '', mended, ...log('right', GREEN)];
}

function entryText(entry: LogEntry | null): string {
  if (entry === null) return '';
  return `${(entry.timeNs / 1e6).toFixed(1).padStart(6)} ms  ${entry.text}`;
}

/** The entries of a log; many equal ones in a row are one, and an abort is the last. */
function entriesOf({ order, abort }: Shown): LogEntry[] {
  const entries: LogEntry[] = [];
  for (let i = 0; i < order.length; ) {
    const { text, timeNs } = order[i]!;
    let end = i;
    while (end < order.length && order[end]!.text === text) end++;
    const times = end - i;
    if (times < MANY) {
      for (const one of order.slice(i, end)) entries.push({ ...one, iteration: 0 });
    } else entries.push({ text: `${text} ×${times}`, timeNs, iteration: 0 });
    i = end;
  }
  const lastNs = order.at(-1)?.timeNs ?? 0;
  if (abort !== null) entries.push({ text: `abort: ${abort}`, timeNs: lastNs, iteration: 0 });
  return entries;
}

/** Entries of only one log stand beside those of only the other as far as they go. */
function rowsOf(buggy: readonly LogEntry[], mended: readonly LogEntry[]): Row[] {
  const rows: Row[] = [];
  const lefts: LogEntry[] = [];
  const rights: LogEntry[] = [];
  const flush = (): void => {
    const count = Math.max(lefts.length, rights.length);
    for (let i = 0; i < count; i++) {
      rows.push({ left: lefts[i] ?? null, right: rights[i] ?? null, differs: true });
    }
    lefts.length = 0;
    rights.length = 0;
  };
  let [i, j] = [0, 0];
  const texts = buggy.map(({ text }) => text);
  for (const { sign } of diffEntries(texts, mended)) {
    if (sign === '-') lefts.push(buggy[i++]!);
    else if (sign === '+') rights.push(mended[j++]!);
    else {
      flush();
      const [left, right] = [buggy[i++]!, mended[j++]!];
      rows.push({ left, right, differs: Math.abs(left.timeNs - right.timeNs) >= LATE_NS });
    }
  }
  flush();
  return rows;
}
