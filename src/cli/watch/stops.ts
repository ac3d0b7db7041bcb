/**
 * The stops of a run that is watched: an iteration of main's begins, or one of another thread has begun
 * since. A stop is a number: main's iteration, and a fraction that counts the others in it. So stops are
 * compared as numbers, and with one thread they are the iterations.
 */

/** From one stop to the next within an iteration of main's. */
const STEP = 2 ** -20;

export function iterationOf(stop: number): number {
  return Math.floor(stop);
}

/** How many iterations of other threads have begun in main's so far. */
export function othersOf(stop: number): number {
  return (stop - Math.floor(stop)) / STEP;
}

/** The next stop in the same iteration of main's. */
export function nextOther(stop: number): number {
  return stop + STEP;
}

export function otherBefore(stop: number): number {
  return stop - STEP;
}
