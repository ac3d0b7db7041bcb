/**
 * The name of one order: the ways that a run takes at its places of choice. Ways 0 are counted and not
 * written, so `14:1.3:2` takes way 0 at the first 14 places, then 1, then 0 three times, then 2,
 * and 0 from there on. `0` takes way 0 everywhere.
 */

const EVERYWHERE_0 = '0';
const MOST_PLACES = 1_000_000;

export function formatSchedule(ways: readonly number[]): string {
  const parts: string[] = [];
  let zeros = 0;
  for (const way of ways) {
    if (way === 0) zeros++;
    else {
      parts.push(`${zeros}:${way}`);
      zeros = 0;
    }
  }
  return parts.length === 0 ? EVERYWHERE_0 : parts.join('.');
}

/** The ways up to the last that is not 0; null if the text is not the name of an order. */
export function parseSchedule(text: string): number[] | null {
  if (text === EVERYWHERE_0) return [];
  const ways: number[] = [];
  for (const part of text.split('.')) {
    const match = /^(\d{1,7}):([1-9]\d{0,6})$/.exec(part);
    if (match === null || ways.length + Number(match[1]) > MOST_PLACES) return null;
    for (let zeros = Number(match[1]); zeros > 0; zeros--) ways.push(0);
    ways.push(Number(match[2]));
  }
  return ways;
}
