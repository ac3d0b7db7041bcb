/**
 * Aligns two lists of keys by Myers' greedy algorithm. Lists that have little in common are done in
 * pieces, so that a long pair costs no more than its length allows; the result is then not always the
 * shortest.
 */

/** Places in the two lists that belong together; -1 for a place that only the other list has. */
export interface Aligned {
  readonly a: number[];
  readonly b: number[];
}

/** Differences that are looked for at once: a piece costs the square of this. */
const MOST_EDITS = 600;

export function align(a: Int32Array, b: Int32Array): Aligned {
  const most = Math.min(a.length, b.length);
  let start = 0;
  while (start < most && a[start] === b[start]) start++;
  let tail = 0;
  while (tail < most - start && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const out: Aligned = { a: [], b: [] };
  for (let i = 0; i < start; i++) push(out, i, i);
  const ends = { a: a.length - tail, b: b.length - tail };
  const middle = { a: a.subarray(0, ends.a), b: b.subarray(0, ends.b) };
  for (let at = { a: start, b: start }; at.a < ends.a || at.b < ends.b; ) {
    at = piece(middle, at, out);
  }
  for (let i = 0; i < tail; i++) push(out, ends.a + i, ends.b + i);
  return out;
}

interface Place {
  readonly a: number;
  readonly b: number;
}

function push(out: Aligned, a: number, b: number): void {
  out.a.push(a);
  out.b.push(b);
}

/** Aligns from a place on, to the end or as far as it gets. Returns the place behind. */
function piece(lists: { a: Int32Array; b: Int32Array }, from: Place, out: Aligned): Place {
  const a = lists.a.subarray(from.a);
  const b = lists.b.subarray(from.b);
  const most = Math.min(a.length + b.length, MOST_EDITS);
  const zero = most + 1;
  /** By diagonal (place in a minus place in b): how far in a it got. */
  const reach = new Int32Array(2 * most + 3);
  const before: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits++) {
    before.push(reach.slice(zero - edits - 1, zero + edits + 2));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const at = zero + diagonal;
      let x = goesDown(reach, at, diagonal, edits) ? reach[at + 1]! : reach[at - 1]! + 1;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x++;
      reach[at] = x;
      if (x >= a.length && x - diagonal >= b.length) {
        return back(before, { a: a.length, b: b.length }, from, out);
      }
    }
  }
  return back(before, furthest(reach, zero, most, a.length, b.length), from, out);
}

/** Whether a diagonal is best reached by a step in b alone. */
function goesDown(reach: Int32Array, at: number, diagonal: number, edits: number): boolean {
  return diagonal === -edits || (diagonal !== edits && reach[at - 1]! < reach[at + 1]!);
}

function furthest(reach: Int32Array, zero: number, most: number, a: number, b: number): Place {
  let best: Place = { a: 0, b: 0 };
  for (let diagonal = -most; diagonal <= most; diagonal += 2) {
    const x = reach[zero + diagonal]!;
    const y = x - diagonal;
    if (x <= a && y <= b && x + y > best.a + best.b) best = { a: x, b: y };
  }
  return best;
}

/** Writes the way to a place, which took as many edits as there are lists before the last. */
function back(before: readonly Int32Array[], to: Place, from: Place, out: Aligned): Place {
  const steps: Aligned = { a: [], b: [] };
  let { a: x, b: y } = to;
  for (let edits = before.length - 1; edits >= 0; edits--) {
    const reach = before[edits]!;
    const diagonal = x - y;
    const at = edits + 1 + diagonal;
    const down = goesDown(reach, at, diagonal, edits);
    const fromX = edits === 0 ? 0 : reach[down ? at + 1 : at - 1]!;
    const fromY = edits === 0 ? 0 : fromX - (down ? diagonal + 1 : diagonal - 1);
    while (x > fromX && y > fromY) push(steps, from.a + --x, from.b + --y);
    if (edits === 0) break;
    if (down) push(steps, -1, from.b + --y);
    else push(steps, from.a + --x, -1);
  }
  for (let i = steps.a.length - 1; i >= 0; i--) push(out, steps.a[i]!, steps.b[i]!);
  return { a: from.a + to.a, b: from.b + to.b };
}
