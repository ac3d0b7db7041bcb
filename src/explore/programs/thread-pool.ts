/** The thread pool's queue. */

import {
  Coded,
  CURRENT,
  FIRST_SLOT,
  HEAD,
  MASKS,
  MAX,
  MIN,
  PoolQueue,
  RING,
  SLEEPING,
  SLOT_WORDS,
  TAIL,
  TURNS,
  USED,
  WAKING,
} from '../../thread/pool-queue.ts';
import { giveRequest, PoolSleep, PoolWaker } from '../../thread/pool-sleep.ts';
import { type BuiltIn, program, type WordText } from '../built-in.ts';
import type { ExploredWords, Weaken } from '../explored-words.ts';
import { futexHost } from '../futex-host.ts';
import { COMPARE_EXCHANGE, FETCH_OR } from '../operation.ts';
import type { Explorable } from '../program.ts';
import { ExploredMemory, withArrays } from '../shared-arrays.ts';
import { looksBefore, plainly } from '../weaken.ts';

export const DATA = 100;
/** The result of a request. */
const RESULT = 7;
export const POOL = new ExploredMemory(10_000);
export const at = (word: number): number => POOL.first + word;

interface PoolOptions {
  readonly requests: number;
  readonly workers: number;
  readonly cancels?: boolean;
}

/** As the first worker has begun. */
export const BEGUN = { [at(MASKS)]: 1 };

function poolWorker({ cancels = false }: PoolOptions, number: number) {
  return (words: ExploredWords): number | undefined =>
    withArrays(words, [POOL], () => {
      const queue = words.watch(new PoolQueue(POOL.buffer));
      const sleep = words.watch(new PoolSleep(futexHost(words, POOL), queue.words, number));
      const slot = queue.take();
      if (slot < 0) {
        // Home does not leave it a request that it has cancelled.
        if (cancels) return undefined;
        sleep.rest(-1);
        return 0;
      }
      if (words.exchange(DATA + slot, 1) !== 0) throw new Error('does a request for a second time');
      queue.finish(slot, RESULT);
      return 0;
    });
}

function makePool(options: PoolOptions): Explorable {
  const { requests, workers, cancels = false } = options;
  const threads = {
    home: (words: ExploredWords) =>
      withArrays(words, [POOL], () => {
        const queue = words.watch(new PoolQueue(POOL.buffer));
        const waker = words.watch(new PoolWaker(futexHost(words, POOL), queue.words));
        for (let slot = 0; slot < requests; slot++) {
          giveRequest(queue, waker, slot, new Coded());
        }
        if (cancels && queue.cancel(0)) {
          if (words.named('cancel', () => words.exchange(DATA, 1)) !== 0) {
            throw new Error('cancels a request that a worker does');
          }
        }
      }),
    ...Object.fromEntries(
      Array.from({ length: workers }, (_, i) => [`worker ${i + 1}`, poolWorker(options, i)]),
    ),
  };
  return { ...program(threads, { initial: BEGUN }), judge: allDone(requests) };
}

export function allDone(requests: number): Explorable['judge'] {
  return ({ word, ended }) => {
    if (!ended[0]) return 'home sleeps for ever';
    for (let slot = 0; slot < requests; slot++) {
      if (word(DATA + slot) !== 1) return 'a request waits, and the workers sleep for ever';
    }
    return null;
  };
}

const TURN_SAYS = { futex_wait: 'sleeps until it is woken', futex_wake: 'wakes the worker' };

/** Words of a slot, as PoolQueue counts them. */
const OF_SLOT = { state: 0, op: 1, fd: 2, buffers: 3, result: 4, worker: 10, arguments: 12 };

/** The words of a request, and of its place in the ring. */
function slotWords(slot: number): Record<number, WordText> {
  const first = at(FIRST_SLOT + slot * SLOT_WORDS);
  const own = Object.entries(OF_SLOT).map(([name, i]): [number, WordText] => [
    first + i,
    { name: `${name} of ${slot + 1}` },
  ]);
  return { ...Object.fromEntries(own), [at(RING + slot)]: { name: `RING ${slot + 1}` } };
}

export const POOL_WORDS: Readonly<Record<number, WordText>> = {
  [at(HEAD)]: { name: 'HEAD', says: { 'compare and exchange': 'takes a request' } },
  [at(TAIL)]: { name: 'TAIL' },
  [at(SLEEPING)]: {
    name: 'SLEEPING',
    says: { load: 'looks whether a worker sleeps', or: 'sets its bit', and: 'clears a bit' },
  },
  [at(WAKING)]: {
    name: 'WAKING',
    says: { 'compare and exchange': 'is about to wake a worker, or to look' },
  },
  [at(TURNS)]: { name: 'TURN 1', says: TURN_SAYS },
  [at(TURNS + 1)]: { name: 'TURN 2', says: TURN_SAYS },
  [at(CURRENT)]: { name: 'CURRENT', says: { 'compare and exchange': 'leaves' } },
  [at(MAX)]: { name: 'MAX', says: { load: 'looks at the limit' } },
  [at(MIN)]: { name: 'MIN', says: { load: 'looks at the limit' } },
  [at(MASKS)]: { name: 'MASKS', says: { load: 'looks how many words there are' } },
  [at(USED)]: { name: 'USED', says: { or: 'takes a number', and: 'gives its number back' } },
  ...slotWords(0),
  ...slotWords(1),
  [DATA]: { name: 'request 1' },
  [DATA + 1]: { name: 'request 2' },
};

const skipsBit =
  (): Weaken =>
  (_words, { kind, word }) =>
    kind === FETCH_OR && word === at(SLEEPING) ? 0 : undefined;

export const POOL_QUEUE: BuiltIn = {
  name: 'thread-pool',
  about: 'home hands two requests to a worker of a thread pool',
  words: POOL_WORDS,
  make: () => makePool({ requests: 2, workers: 1 }),
  weakenings: [
    {
      name: 'set-bit',
      about: 'a worker sleeps without having set its bit',
      model: 'SC',
      weaken: skipsBit,
    },
    {
      name: 'push-first',
      about: 'home looks whether a worker sleeps before it pushes the request',
      model: 'SC',
      weaken: looksBefore((word) => word === at(TAIL), at(SLEEPING)),
    },
    {
      name: 'tail-fence',
      about: 'home moves TAIL by a plain store, and no barrier stands before it reads SLEEPING',
      model: 'TSO',
      weaken: plainly('push', at(TAIL)),
    },
  ],
};

export const POOL_CANCEL: BuiltIn = {
  name: 'thread-pool-cancel',
  about: 'home cancels a request, while two workers of a thread pool look for one',
  words: POOL_WORDS,
  make: () => makePool({ requests: 1, workers: 2, cancels: true }),
  weakenings: [
    {
      name: 'cancel-once',
      about: 'a cancel does not look whether a worker has the request',
      model: 'SC',
      weaken:
        () =>
        (_words, { kind, value }, scope) =>
          scope === 'cancel' && kind === COMPARE_EXCHANGE ? value : undefined,
    },
    {
      name: 'active-once',
      about: 'a worker does not look whether its request was cancelled',
      model: 'SC',
      weaken:
        () =>
        (words, { kind, word, value, next }, scope) => {
          if (scope !== 'take' || kind !== COMPARE_EXCHANGE || word === at(HEAD)) return undefined;
          words.storeFenced(word, next);
          return value;
        },
    },
  ],
};

export const POOL_FINISH: BuiltIn = {
  name: 'thread-pool-finish',
  about: 'home looks whether a request is done, while a worker finishes it, and reads the result',
  words: POOL_WORDS,
  make: () =>
    program(
      {
        home: (words) =>
          withArrays(words, [POOL], () => {
            const queue = words.watch(new PoolQueue(POOL.buffer));
            queue.push(0, new Coded());
            words.named('waits', () => words.sleepOn(DATA));
            if (queue.isDone(0) && queue.result(0) !== RESULT) {
              throw new Error('a request is done, and has no result yet');
            }
          }),
        worker: (words) =>
          withArrays(words, [POOL], () => {
            const queue = words.watch(new PoolQueue(POOL.buffer));
            words.named('waits', () => words.sleepOn(at(TAIL)));
            const slot = queue.take();
            words.named('does it', () => words.exchange(DATA, 1));
            queue.finish(slot, RESULT);
          }),
      },
      { initial: BEGUN },
    ),
  weakenings: [
    {
      name: 'finish-rmw',
      about: 'a worker says that a request is done by a plain store',
      model: 'PSO',
      weaken: plainly('finish', at(FIRST_SLOT)),
    },
  ],
};
