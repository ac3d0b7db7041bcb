/** How the workers of a thread pool sleep, and are woken. */

import {
  CURRENT,
  HEAD,
  MAX,
  PoolQueue,
  SLEEPERS,
  SPINNING,
  TAIL,
} from '../../thread/pool-queue.ts';
import { PoolSleep } from '../../thread/pool-sleep.ts';
import { type BuiltIn, program } from '../built-in.ts';
import type { ExploredWords, Weaken } from '../explored-words.ts';
import { futexHost } from '../futex-host.ts';
import { COMPARE_EXCHANGE, FETCH_ADD, LOAD, STORE_FENCED } from '../operation.ts';
import type { Explorable } from '../program.ts';
import { withArrays } from '../shared-arrays.ts';
import { allDone, at, DATA, POOL, POOL_WORDS } from './thread-pool.ts';

/** A worker that is busy for ever with its first request. The queue is its ends alone. */
function busyWorker(looks: number) {
  return (words: ExploredWords): number | undefined =>
    withArrays(words, [POOL], () => {
      const ends = new Int32Array(POOL.buffer);
      const sleep = words.watch(new PoolSleep(futexHost(words, POOL), ends, looks));
      sleep.rest(-1);
      const head = Atomics.load(ends, HEAD);
      if (head === Atomics.load(ends, TAIL)) return 0;
      if (Atomics.compareExchange(ends, HEAD, head, head + 1) !== head) return 0;
      words.named('begins', () => words.exchange(DATA + head, 1));
      return undefined;
    });
}

function makeBoth(): Explorable {
  const made = program({
    home: (words) =>
      withArrays(words, [POOL], () => {
        const ends = new Int32Array(POOL.buffer);
        const sleep = words.watch(new PoolSleep(futexHost(words, POOL), ends));
        for (let tail = 1; tail <= 2; tail++) {
          words.named('push', () => Atomics.store(ends, TAIL, tail));
          sleep.wakeOne();
        }
      }),
    'worker 1': busyWorker(1),
    'worker 2': busyWorker(0),
  });
  return { ...made, judge: allDone(2) };
}

/** SPINNING is read, then HEAD: what was read of HEAD is read anew. */
function readsHeadLast(): Weaken {
  let spinning: number | null = null;
  let isNext = false;
  return (words, { kind, word }, scope) => {
    if (scope !== 'wakeOne' || kind !== LOAD) return undefined;
    if (word === at(HEAD)) {
      spinning = words.load(at(SPINNING));
      isNext = true;
      return words.load(at(HEAD));
    }
    if (word !== at(SPINNING) || !isNext) return undefined;
    isNext = false;
    return spinning!;
  };
}

/** A worker that has found a request takes SPINNING back after it has taken it. */
function takesFirst(): Weaken {
  let searches = false;
  return (words, { kind, word, value, next }) => {
    if (kind === STORE_FENCED && word === at(SPINNING)) {
      searches = true;
      return 0;
    }
    const isTake = kind === COMPARE_EXCHANGE && word === at(HEAD);
    if (!searches || (!isTake && !(kind === FETCH_ADD && word === at(SLEEPERS)))) return undefined;
    searches = false;
    const result = isTake ? words.compareExchange(word, value, next) : words.fetchAdd(word, value);
    words.storeFenced(at(SPINNING), 0);
    return result;
  };
}

export const POOL_BOTH: BuiltIn = {
  name: 'thread-pool-both',
  about: 'home hands two long requests to two workers of a thread pool, which do both at a time',
  words: POOL_WORDS,
  make: makeBoth,
  weakenings: [
    {
      name: 'head-first',
      about: 'home reads SPINNING before HEAD: it leaves a request to a worker that has another',
      model: 'SC',
      weaken: readsHeadLast,
    },
    {
      name: 'search-over',
      about: 'the worker that looks takes SPINNING back only when it has taken a request',
      model: 'SC',
      weaken: takesFirst,
    },
  ],
};

/** A worker that is one too many, and must end. */
function limitedWorker(words: ExploredWords): number | undefined {
  return withArrays(words, [POOL], () => {
    const queue = words.watch(new PoolQueue(POOL.buffer));
    const sleep = words.watch(new PoolSleep(futexHost(words, POOL), queue.words));
    if (queue.leavesAbove('max')) return undefined;
    if (queue.take() < 0) sleep.rest(-1);
    return 0;
  });
}

function makeLimit(without: string): Explorable {
  const movesTail = without !== 'move-tail';
  return program(
    {
      home: (words) =>
        withArrays(words, [POOL], () => {
          const queue = words.watch(new PoolQueue(POOL.buffer));
          const sleep = words.watch(new PoolSleep(futexHost(words, POOL), queue.words));
          queue.setLimits(0, 0);
          if (movesTail) sleep.wakeForLimits(queue, 2);
          else words.named('wakes all', () => words.futexWake(at(TAIL), 2));
        }),
      'worker 1': limitedWorker,
      'worker 2': limitedWorker,
    },
    { initial: { [at(CURRENT)]: 2, [at(MAX)]: 2 } },
  );
}

/** The limits are read before TAIL. */
function readsLimitFirst(): Weaken {
  let limit: number | null = null;
  return (words, { kind, word }, scope) => {
    if (scope !== 'rest' || kind !== LOAD) return undefined;
    if (word === at(TAIL)) {
      limit = words.load(at(MAX));
      return words.load(at(TAIL));
    }
    return word === at(MAX) && limit !== null ? limit : undefined;
  };
}

export const POOL_LIMIT: BuiltIn = {
  name: 'thread-pool-limit',
  about: 'home lowers the limit of a thread pool, whose two workers go to sleep',
  words: POOL_WORDS,
  make: makeLimit,
  weakenings: [
    {
      name: 'tail-first',
      about: 'a worker reads the limits before TAIL',
      model: 'SC',
      weaken: readsLimitFirst,
    },
    {
      name: 'move-tail',
      about: 'home wakes the workers, and does not move TAIL',
      model: 'SC',
    },
  ],
};
