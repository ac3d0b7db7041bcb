/** Longer words are not compared. */
const LONGEST = 64;

/** The remaining budget for comparisons, in pairs of letters. */
export interface Allowance {
  pairs: number;
}

/** Enough for every file that a person wrote. */
export function newAllowance(): Allowance {
  return { pairs: 5_000_000 };
}

/**
 * The word that a person most likely meant; undefined if none is near, or the budget is used up.
 */
export function nearest(
  typed: string,
  words: Iterable<string>,
  allowance: Allowance = newAllowance(),
): string | undefined {
  if (typed.length > LONGEST) return undefined;
  let best: string | undefined;
  let least = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const word of words) {
    // Looking at a word costs something too.
    if (--allowance.pairs < 0) return undefined;
    if (
      word === typed ||
      Math.abs(word.length - typed.length) > least - (best === undefined ? 1 : 0)
    )
      continue;
    allowance.pairs -= typed.length * word.length;
    const [a, b] = [typed.toLowerCase(), word.toLowerCase()];
    const d = distance(a, b);
    // If two are as near, a letter left out is likelier than another one in its place.
    if (
      d < least ||
      (d === least && best !== undefined && isPart(a, b) && !isPart(a, best.toLowerCase()))
    ) {
      least = d;
      best = word;
    }
  }
  return best;
}

/** Whether b has all letters of a in their order. */
function isPart(a: string, b: string): boolean {
  let next = 0;
  for (let i = 0; i < b.length && next < a.length; i++) if (b[i] === a[next]) next++;
  return next === a.length;
}

/** The number of letters to insert, delete, replace or swap with a neighbour. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let d = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        d = Math.min(d, before[j - 2]! + 1);
      }
      row.push(d);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}
