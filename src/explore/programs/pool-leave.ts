/** How a worker of a thread pool leaves. */

import { hasLeft, isShort, leaves } from '../../thread/pool-leave.ts';
import { Coded, CURRENT, IDLE, MAX, PoolQueue } from '../../thread/pool-queue.ts';
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
          const counted = queue.current;
          let missing = isShort(queue);
          if (missing) queue.addCurrent(1);
          giveRequest(queue, waker, 0, new Coded());
          if (!missing && without !== 'home-looks' && hasLeft(queue, counted)) {
            queue.addCurrent(1);
            missing = true;
          }
          // Its bottom half.
          if (missing) words.named('makes another', () => words.exchange(ANOTHER, 1));
        }),
      // It has waited for too long.
      'worker 1': (words) =>
        withArrays(words, [POOL], () => {
          const queue = words.watch(new PoolQueue(POOL.buffer));
          queue.addIdle(-1);
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
    // One more is busy for ever.
    { initial: { ...BEGUN, [at(IDLE)]: 1, [at(CURRENT)]: 2, [at(MAX)]: 2 } },
  );
  return { ...made, judge: allDone(1) };
}

export const POOL_LEAVES: BuiltIn = {
  name: 'thread-pool-leaves',
  about:
    'home hands a request to a thread pool, whose only idle worker has waited too long, and leaves',
  words: { ...POOL_WORDS, [at(IDLE)]: { name: 'IDLE' }, [ANOTHER]: { name: 'another worker' } },
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
