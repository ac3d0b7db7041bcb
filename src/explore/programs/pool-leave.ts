/** How a worker of a thread pool leaves. */

import { allHaveLeft, leaves } from '../../thread/pool-leave.ts';
import { Coded, CURRENT, MAX, PoolQueue } from '../../thread/pool-queue.ts';
import { giveRequest, PoolWaker } from '../../thread/pool-sleep.ts';
import { type BuiltIn, program } from '../built-in.ts';
import type { ExploredWords } from '../explored-words.ts';
import { futexHost } from '../futex-host.ts';
import type { Explorable } from '../program.ts';
import { withArrays } from '../shared-arrays.ts';
import { allDone, at, BEGUN, DATA, POOL, POOL_WORDS } from './thread-pool.ts';

/** Set once home makes another worker. */
const ANOTHER = DATA + 1;

/** Takes the request if it is there. Returns whether it was. */
function takes(words: ExploredWords, queue: PoolQueue): boolean {
  const slot = queue.take();
  if (slot >= 0) words.named('does it', () => words.exchange(DATA + slot, 1));
  return slot >= 0;
}

function makeLeaves(without: string): Explorable {
  const made = program(
    {
      home: (words) =>
        withArrays(words, [POOL], () => {
          const queue = words.watch(new PoolQueue(POOL.buffer));
          const waker = words.watch(new PoolWaker(futexHost(words, POOL), queue.words));
          giveRequest(queue, waker, 0, new Coded());
          if (without === 'home-looks' || !allHaveLeft(queue)) return;
          queue.addCurrent(1);
          words.named('makes another', () => words.exchange(ANOTHER, 1));
        }),
      // It has waited for too long.
      'worker 1': (words) =>
        withArrays(words, [POOL], () => {
          const queue = words.watch(new PoolQueue(POOL.buffer));
          if (takes(words, queue)) return undefined;
          const looksOnce = without === 'looks-again';
          if (looksOnce ? queue.isEmpty && queue.leavesAbove('min') : leaves(queue))
            return undefined;
          return 0;
        }),
      'worker 2': (words) =>
        withArrays(words, [POOL], () => {
          words.named('begins', () => words.sleepOn(ANOTHER));
          takes(words, words.watch(new PoolQueue(POOL.buffer)));
        }),
    },
    { initial: { ...BEGUN, [at(CURRENT)]: 1, [at(MAX)]: 1 } },
  );
  return { ...made, judge: allDone(1) };
}

export const POOL_LEAVES: BuiltIn = {
  name: 'thread-pool-leaves',
  about:
    'home hands a request to a thread pool, whose only worker has waited for too long, and leaves',
  words: { ...POOL_WORDS, [ANOTHER]: { name: 'another worker' } },
  make: makeLeaves,
  weakenings: [
    {
      name: 'looks-again',
      about: 'a worker that has counted itself as gone does not look for a request again',
      model: 'SC',
    },
    {
      name: 'home-looks',
      about: 'home does not look whether the worker that it counted on has left',
      model: 'SC',
    },
  ],
};
