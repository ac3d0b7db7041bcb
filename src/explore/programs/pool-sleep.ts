/** How the workers of a thread pool sleep, and are woken. */

import { CURRENT, HEAD, MAX, PoolQueue, SLEEPING, TAIL, WAKING } from '../../thread/pool-queue.ts';
import { PoolSleep, PoolWaker, takeRequest } from '../../thread/pool-sleep.ts';
import { type BuiltIn, program } from '../built-in.ts';
import type { ExploredWords, Weaken } from '../explored-words.ts';
import { futexHost } from '../futex-host.ts';
import { FETCH_AND, FETCH_OR, LOAD, STORE_FENCED } from '../operation.ts';
import type { Explorable } from '../program.ts';
import { withArrays } from '../shared-arrays.ts';
import { skipped } from '../weaken.ts';
import { allDone, at, BEGUN, DATA, POOL, POOL_WORDS } from './thread-pool.ts';

/** A worker that is busy for ever with its first request. The queue is its ends alone. */
function busyWorker(number: number, wakesNext: boolean, looks = false) {
  return (words: ExploredWords): number | undefined =>
    withArrays(words, [POOL], () => {
      const ends = new Int32Array(POOL.buffer);
      const host = futexHost(words, POOL);
      let isEmpty = false;
      const take = (): number => {
        const head = Atomics.load(ends, HEAD);
        isEmpty = head === Atomics.load(ends, TAIL);
        if (isEmpty) return -1;
        return Atomics.compareExchange(ends, HEAD, head, head + 1) === head ? head : -1;
      };
      const waker = wakesNext ? words.watch(new PoolWaker(host, ends)) : { wakeOne: () => {} };
      const slot = takeRequest({ take }, waker);
      if (slot >= 0) {
        words.named('begins', () => words.exchange(DATA + slot, 1));
        return undefined;
      }
      const sleep = words.watch(new PoolSleep(host, ends, number));
      if (isEmpty && (!looks || !sleep.comesSoon(0))) sleep.rest(-1);
      return 0;
    });
}

function makeBoth(without: string, looks = false): Explorable {
  const wakesNext = without !== 'wake-next';
  const made = program(
    {
      home: (words) =>
        withArrays(words, [POOL], () => {
          const ends = new Int32Array(POOL.buffer);
          const waker = words.watch(new PoolWaker(futexHost(words, POOL), ends));
          for (let tail = 1; tail <= 2; tail++) {
            words.named('push', () => Atomics.store(ends, TAIL, tail));
            waker.wakeOne();
          }
        }),
      'worker 1': busyWorker(0, wakesNext, looks),
      'worker 2': busyWorker(1, wakesNext),
    },
    { initial: BEGUN },
  );
  return { ...made, judge: allDone(2) };
}

/** A worker that was woken clears WAKING once it has looked whether another request waits. */
function clearsLast(): Weaken {
  let clears = false;
  return (words, { kind, word }, scope) => {
    if (scope === 'rest' && kind === STORE_FENCED && word === at(WAKING)) {
      clears = true;
      return 0;
    }
    if (!clears || scope !== 'wakeOne' || kind !== LOAD || word !== at(TAIL)) return undefined;
    clears = false;
    const tail = words.load(word);
    words.storeFenced(at(WAKING), 0);
    return tail;
  };
}

/** The bit may have been cleared before, but counts as set. */
const doesNotClaim =
  (): Weaken =>
  (words, { kind, word, value }, scope) =>
    scope === 'wakeOne' && kind === FETCH_AND && word === at(SLEEPING)
      ? words.fetchAnd(word, value) | ~value
      : undefined;

/** WAKING stays set, though nobody was woken. */
const leavesSet = skipped('wakeOne', at(WAKING), 0, STORE_FENCED);

export const POOL_BOTH: BuiltIn = {
  name: 'thread-pool-both',
  about: 'home hands two long requests to two workers of a thread pool, which do both at a time',
  words: POOL_WORDS,
  make: makeBoth,
  weakenings: [
    {
      name: 'clear-first',
      about: 'a worker says that it has come only when it has looked for a second request',
      model: 'SC',
      weaken: clearsLast,
    },
    {
      name: 'wake-next',
      about: 'a worker that leaves a request in the queue wakes nobody for it',
      model: 'SC',
    },
    {
      name: 'claim',
      about: 'home takes a worker that has got up by itself for one that it has woken',
      model: 'SC',
      weaken: doesNotClaim,
    },
    {
      name: 'none-woken',
      about: 'home finds nobody to wake, and leaves WAKING set',
      model: 'SC',
      weaken: leavesSet,
    },
  ],
};

export const POOL_LOOKS: BuiltIn = {
  name: 'thread-pool-looks',
  about: 'as thread-pool-both; one of the workers looks once more before it sleeps',
  words: POOL_WORDS,
  make: () => makeBoth('', true),
  weakenings: [
    {
      name: 'clear',
      about: 'a worker that has looked still counts as on its way while it sleeps',
      model: 'SC',
      weaken: skipped('comesSoon', at(WAKING), 0, STORE_FENCED),
    },
  ],
};

/** A worker that is one too many, and must end. */
function limitedWorker(number: number) {
  return (words: ExploredWords): number | undefined =>
    withArrays(words, [POOL], () => {
      const queue = words.watch(new PoolQueue(POOL.buffer));
      const sleep = words.watch(new PoolSleep(futexHost(words, POOL), queue.words, number));
      if (queue.leavesAbove('max')) return undefined;
      if (queue.take() < 0) sleep.rest(-1);
      return 0;
    });
}

function makeLimit(): Explorable {
  return program(
    {
      home: (words) =>
        withArrays(words, [POOL], () => {
          const queue = words.watch(new PoolQueue(POOL.buffer));
          const waker = words.watch(new PoolWaker(futexHost(words, POOL), queue.words));
          queue.setLimits(0, 0);
          waker.wakeSome(2);
        }),
      'worker 1': limitedWorker(0),
      'worker 2': limitedWorker(1),
    },
    { initial: { ...BEGUN, [at(CURRENT)]: 2, [at(MAX)]: 2 } },
  );
}

/** The limits are read before the bit is set. */
function readsLimitFirst(): Weaken {
  let limit: number | null = null;
  return (words, { kind, word, value }, scope) => {
    if (scope !== 'rest') return undefined;
    if (kind === FETCH_OR && word === at(SLEEPING)) {
      limit = words.load(at(MAX));
      return words.fetchOr(word, value);
    }
    return kind === LOAD && word === at(MAX) && limit !== null ? limit : undefined;
  };
}

export const POOL_LIMIT: BuiltIn = {
  name: 'thread-pool-limit',
  about: 'home lowers the limit of a thread pool, whose two workers go to sleep',
  words: POOL_WORDS,
  make: makeLimit,
  weakenings: [
    {
      name: 'bit-first',
      about: 'a worker reads the limits before it sets its bit',
      model: 'SC',
      weaken: readsLimitFirst,
    },
  ],
};
