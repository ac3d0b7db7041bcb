/** A part of the screen, with the rows that it must have to be shown, and those that it could use. */
export interface Wish {
  readonly least: number;
  readonly most: number;
  /** Lower ones are shown first where there is not room for all. */
  readonly rank: number;
}

/**
 * Shares rows out: by rank each gets its least, or nothing where that does not
 * fit; what is left goes round row by row until all have their most.
 */
export function share(wishes: readonly Wish[], rows: number): number[] {
  const heights = wishes.map(() => 0);
  const order = wishes.map((_, i) => i).sort((a, b) => wishes[a]!.rank - wishes[b]!.rank);
  let left = rows;
  for (const i of order) {
    const { least } = wishes[i]!;
    if (least > left) continue;
    heights[i] = least;
    left -= least;
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

/** The part of a list that a pane of so many rows shows, scrolled back from its end. */
export function tail<T>(list: readonly T[], rows: number, scroll: number): readonly T[] {
  const end = Math.max(Math.min(rows, list.length), list.length - scroll);
  return list.slice(Math.max(0, end - rows), end);
}

/** The same, scrolled forward from its beginning. */
export function head<T>(list: readonly T[], rows: number, scroll: number): readonly T[] {
  const start = Math.max(0, Math.min(scroll, list.length - rows));
  return list.slice(start, start + rows);
}
