/** The explorer's programs, for the playground: no run of one loop shows a barrier between threads. */

import { Finder } from '../../explore/finder.ts';
import { PROGRAMS } from '../../explore/programs/all.ts';
import { PlayError } from './play-error.ts';
import type { BarrierStories } from './protocol.ts';

/** The most that the states of a search may take in a page: the largest program has a tenth of it. */
const MOST_BYTES = 2 ** 28;
const STATES_AT_A_TIME = 5_000;

/**
 * Runs every interleaving of a program.
 * @param without what is left out of it; '' for nothing
 * @throws PlayError if there is no such program, or nothing of that name in it
 */
export function exploreBarrier(
  name: string,
  without: string,
  mostBytes = MOST_BYTES,
): BarrierStories {
  const program = PROGRAMS.find((one) => one.name === name);
  const isKnown = without === '' || program?.weakenings.some((one) => one.name === without);
  if (program === undefined || isKnown !== true) {
    throw new PlayError(`the explorer has no ${name} without ${without}`);
  }
  const finder = new Finder(program, without, { mostBytes });
  while (finder.run(STATES_AT_A_TIME));
  return { found: finder.found(), beside: finder.beside() };
}
