import { grouped } from '../limits.ts';
import type { LogEntry } from './order-log.ts';

/**
 * A line of a diff of order logs: in both, only expected, or only actual; `…` stands for lines left
 * out.
 */
export interface DiffLine {
  readonly sign: ' ' | '-' | '+' | '…';
  /** The entry; for `…`, how many are left out. */
  readonly text: string;
  /** Null for an entry that was only expected. */
  readonly timeNs: number | null;
  readonly iteration: number | null;
}

/** Beyond this many pairs of entries no shortest diff is computed. */
const MOST_PAIRS = 4_000_000;
/** How many consecutive lines of one sign are kept: the first half and the last half of this. */
const MOST_LINES = 100;

/**
 * The shortest diff from the expected entries to the actual ones; with null, the actual ones. A
 * long one is shortened.
 */
export function diffEntries(
  expected: readonly string[] | null,
  actual: readonly LogEntry[],
): DiffLine[] {
  if (expected === null) return bounded(actual.map(same));
  const most = Math.min(expected.length, actual.length);
  let start = 0;
  while (start < most && expected[start] === actual[start]!.text) start++;
  let tail = 0;
  while (tail < most - start && expected.at(-1 - tail) === actual.at(-1 - tail)!.text) tail++;
  const a = expected.slice(start, expected.length - tail);
  const b = actual.slice(start, actual.length - tail);
  const before = actual.slice(0, start).map(same);
  const after = actual.slice(actual.length - tail).map(same);
  return bounded([...before, ...between(a, b), ...after]);
}

/** The diff of two logs whose beginnings and ends differ. */
function between(a: readonly string[], b: readonly LogEntry[]): DiffLine[] {
  if (a.length * b.length > MOST_PAIRS) {
    return [...a.map(missing), ...b.map((entry): DiffLine => ({ sign: '+', ...entry }))];
  }
  const lines: DiffLine[] = [];
  const common = commonLengths(a, b);
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]!.text) {
      lines.push(same(b[j]!));
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      lines.push(missing(a[i++]!));
    } else {
      lines.push({ sign: '+', ...b[j++]! });
    }
  }
  return lines;
}

/** Leaves out the middle of many consecutive lines of one sign. */
function bounded(lines: readonly DiffLine[]): DiffLine[] {
  const kept: DiffLine[] = [];
  for (let i = 0; i < lines.length; ) {
    let end = i;
    while (end < lines.length && lines[end]!.sign === lines[i]!.sign) end++;
    const left = end - i - MOST_LINES;
    for (; i < end; i++) {
      kept.push(lines[i]!);
      if (left <= 0 || i !== end - left - MOST_LINES / 2 - 1) continue;
      kept.push({ sign: '…', text: `${grouped(left)} more`, timeNs: null, iteration: null });
      i += left;
    }
  }
  return kept;
}

function same(entry: LogEntry): DiffLine {
  return { sign: ' ', ...entry };
}

function missing(text: string): DiffLine {
  return { sign: '-', text, timeNs: null, iteration: null };
}

/** [i][j]: how many entries the rests from i and j have in common, in order. */
function commonLengths(a: readonly string[], b: readonly LogEntry[]): number[][] {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      table[i]![j] =
        a[i] === b[j]!.text
          ? table[i + 1]![j + 1]! + 1
          : Math.max(table[i + 1]![j]!, table[i]![j + 1]!);
    }
  }
  return table;
}
