/** Finds the boxes of a row. */

import type { Row } from './layout.ts';

/** The first box of a row that ends at this place or later. */
export function firstFrom(row: Row, place: number): number {
  let [low, high] = [0, row.ends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (row.ends[middle]! < place) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The box of a row at a place, or the nearest within `most` of it; -1 for none. */
export function nearest(row: Row, place: number, most: number): number {
  let best = -1;
  let least = most;
  for (let i = firstFrom(row, place - most); i < row.starts.length; i++) {
    if (row.starts[i]! > place + most) break;
    const off = Math.max(row.starts[i]! - place, place - row.ends[i]!, 0);
    if (off > least) continue;
    best = i;
    least = off;
    if (off === 0) break;
  }
  return best;
}
