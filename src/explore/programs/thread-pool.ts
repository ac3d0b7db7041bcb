/** The thread pool's queue. */

import { PoolQueue } from '../../thread/pool-queue.ts';
import { type BuiltIn, program, type WordText } from '../built-in.ts';
import type { ExploredWords, Weaken } from '../explored-words.ts';
import { COMPARE_EXCHANGE, FETCH_ADD } from '../operation.ts';
import type { Explorable } from '../program.ts';
import { ExploredMemory, withArrays } from '../shared-arrays.ts';
import { plainly } from '../weaken.ts';

const [DATA, DATA_2] = [100, 101] as const;
const POOL = new ExploredMemory(10_000);
const [TAIL, IDLE] = [POOL.first + 1, POOL.first + 2];

function poolWorker(words: ExploredWords): number | undefined {
  return withArrays(words, [POOL], () => {
    const queue = words.watch(new PoolQueue(POOL.buffer));
    const slot = queue.take();
    if (slot >= 0) {
      if (words.exchange(DATA + slot, 1) !== 0) throw new Error('does a request for a second time');
      queue.finish(slot, 7);
      return 0;
    }
    queue.addIdle(1);
    const tail = queue.emptyAt;
    if (tail !== null) words.named('rests', () => words.futexWait(TAIL, tail));
    queue.addIdle(-1);
    return 0;
  });
}

interface PoolOptions {
  readonly requests: number;
  readonly workers: number;
  readonly cancels: boolean;
  readonly looksFirst: boolean;
}

function makePool({ requests, workers, cancels, looksFirst }: PoolOptions): Explorable {
  const made = program({
    home: (words) =>
      withArrays(words, [POOL], () => {
        const queue = words.watch(new PoolQueue(POOL.buffer));
        const wakeIdle = (): void => {
          if (queue.idle > 0) words.named('wakes a worker', () => words.futexWake(TAIL, 1));
        };
        for (let slot = 0; slot < requests; slot++) {
          if (looksFirst) wakeIdle();
          queue.push(slot, { op: 1, fd: 3, args: [], buffers: 0 });
          if (!looksFirst) wakeIdle();
        }
        if (cancels && queue.cancel(0)) {
          if (words.named('cancel', () => words.exchange(DATA, 1)) !== 0) {
            throw new Error('cancels a request that a worker does');
          }
        }
      }),
    ...Object.fromEntries(
      Array.from({ length: workers }, (_, i) => [`worker ${i + 1}`, poolWorker]),
    ),
  });
  return {
    ...made,
    judge: ({ word, ended }) => {
      if (!ended[0]) return 'home sleeps for ever';
      for (let slot = 0; slot < requests; slot++) {
        if (word(DATA + slot) !== 1) return 'a request waits, and the workers sleep for ever';
      }
      return null;
    },
  };
}

const POOL_WORDS: Readonly<Record<number, WordText>> = {
  [POOL.first]: { name: 'HEAD', says: { 'compare and exchange': 'takes a request' } },
  [TAIL]: {
    name: 'TAIL',
    says: { futex_wait: 'sleeps until there is a request', futex_wake: 'wakes a worker' },
  },
  [IDLE]: { name: 'IDLE', says: { load: 'looks whether a worker is idle', add: 'counts itself' } },
  [DATA]: { name: 'request 1' },
  [DATA_2]: { name: 'request 2' },
};

const isIdleLook =
  (): Weaken =>
  (_words, { kind, word }) =>
    kind === FETCH_ADD && word === IDLE ? 0 : undefined;

export const POOL_QUEUE: BuiltIn = {
  name: 'thread-pool',
  about: 'home hands two requests to a worker of a thread pool',
  words: POOL_WORDS,
  make: (without) =>
    makePool({
      requests: 2,
      workers: 1,
      cancels: false,
      looksFirst: without === 'push-first',
    }),
  weakenings: [
    {
      name: 'count-idle',
      about: 'a worker sleeps without having counted itself as idle',
      model: 'SC',
      weaken: isIdleLook,
    },
    {
      name: 'push-first',
      about: 'home looks whether a worker is idle before it pushes the request',
      model: 'SC',
    },
    {
      name: 'tail-fence',
      about: 'home moves TAIL by a plain store, and no barrier stands before it reads IDLE',
      model: 'TSO',
      weaken: plainly('push', TAIL),
    },
  ],
};

export const POOL_CANCEL: BuiltIn = {
  name: 'thread-pool-cancel',
  about: 'home cancels a request, while two workers of a thread pool look for one',
  words: POOL_WORDS,
  make: () => makePool({ requests: 1, workers: 2, cancels: true, looksFirst: false }),
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
          if (scope !== 'take' || kind !== COMPARE_EXCHANGE || word === POOL.first)
            return undefined;
          words.storeFenced(word, next);
          return value;
        },
    },
  ],
};
