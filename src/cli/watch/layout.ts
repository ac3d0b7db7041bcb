import { DIM, paint, type Style } from '../text/style.ts';

/** A part of the screen: the fewest rows with which it is shown, and the most it can use. */
export interface Wish {
  readonly least: number;
  /** The rows that it gets before the other parts get their least. */
  readonly wants?: number;
  readonly most: number;
  /** If there is not room for all, lower ranks come first. */
  readonly rank: number;
}

/**
 * Distributes rows. In order of rank each part gets what it wants, or else its least, or nothing if
 * that does not fit; the remaining rows are given out one by one until all parts have their most.
 */
export function share(wishes: readonly Wish[], rows: number): number[] {
  const heights = wishes.map(() => 0);
  const order = wishes.map((_, i) => i).sort((a, b) => wishes[a]!.rank - wishes[b]!.rank);
  let left = rows;
  for (const i of order) {
    const { least, wants = 0 } = wishes[i]!;
    const height = Math.max(least, Math.min(wants, left));
    if (height > left) continue;
    heights[i] = height;
    left -= height;
  }
  for (let gave = true; gave && left > 0; ) {
    gave = false;
    for (const i of order) {
      if (left === 0 || heights[i] === 0 || heights[i]! >= wishes[i]!.most) continue;
      heights[i]!++;
      left--;
      gave = true;
    }
  }
  return heights;
}

/** The part of a list that fits into a pane, scrolled back from its end. */
export function tail<T>(list: readonly T[], rows: number, scroll: number): readonly T[] {
  const end = Math.max(Math.min(rows, list.length), list.length - scroll);
  return list.slice(Math.max(0, end - rows), end);
}

/** The part of a list that fits into a pane, scrolled forward from its start. */
export function head<T>(list: readonly T[], rows: number, scroll: number): readonly T[] {
  const start = Math.max(0, Math.min(scroll, list.length - rows));
  return list.slice(start, start + rows);
}

/** The line above a part. */
export function rule(style: Style, title: string, columns: number): string {
  const text = `── ${title} `;
  return paint(style, DIM, text + '─'.repeat(Math.max(0, columns - text.length)));
}
