import type { LogEntry } from './order-log.ts';

/** A line of a diff of order logs: in both, only expected, or only actual. */
export interface DiffLine {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
  /** Null of what was only expected. */
  readonly timeNs: number | null;
  readonly iteration: number | null;
}

/** Beyond this many pairs of entries the two logs are compared place by place. */
const MOST_PAIRS = 4_000_000;

/** The shortest way from what was expected to what came; with null, what came. */
export function diffEntries(
  expected: readonly string[] | null,
  actual: readonly LogEntry[],
): DiffLine[] {
  if (expected === null) return actual.map((entry) => ({ sign: ' ', ...entry }));
  let start = 0;
  while (start < expected.length && expected[start] === actual[start]?.text) start++;
  const lines: DiffLine[] = actual.slice(0, start).map((entry) => ({ sign: ' ', ...entry }));
  const a = expected.slice(start);
  const b = actual.slice(start);
  if (a.length * b.length > MOST_PAIRS) {
    for (const text of a) lines.push(missing(text));
    for (const entry of b) lines.push({ sign: '+', ...entry });
    return lines;
  }
  const common = commonLengths(a, b);
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]!.text) {
      lines.push({ sign: ' ', ...b[j]! });
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

function missing(text: string): DiffLine {
  return { sign: '-', text, timeNs: null, iteration: null };
}

/** [i][j]: how many entries the rests from i and j on have in common, in order. */
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
