/** Three coroutines, and three mutexes of which each takes two. */

import { SharedCoMutex } from '../../thread/co/shared-co-mutex.ts';
import { type BuiltIn, judgedAlso, program, type WordText } from '../built-in.ts';
import type { ExploredWords } from '../explored-words.ts';
import { ExploredMemory, withArrays } from '../shared-arrays.ts';
import {
  coroutinesOf,
  DATA,
  LOCK,
  MUTEX,
  mutexWords,
  nextOf,
  noSecondLook,
  RECORDS,
  UNLOCK,
  WOKEN,
  waitFor,
} from './co-mutex.ts';

const MUTEXES = [MUTEX, new ExploredMemory(2000), new ExploredMemory(3000)];
/** By coroutine: the mutex that it takes first, and the one that it takes while it holds that. */
const TAKES = [
  [0, 1],
  [1, 2],
  [0, 2],
] as const;
/** By mutex: how many take it. */
const TAKERS = 2;

const ALL: Readonly<Record<number, WordText>> = Object.assign(
  {},
  ...MUTEXES.map((one, i) => ({
    ...mutexWords(one, ` ${i + 1}`),
    [DATA + i]: { name: `data ${i + 1}` },
  })),
  ...[1, 2, 3].map((number) => ({
    [nextOf(number)]: { name: `next of ${'abc'[number - 1]}` },
    [WOKEN + number]: {
      name: `WOKEN ${'abc'[number - 1]}`,
      says: { 'sleep on': 'sleeps until it is woken' },
    },
  })),
);

/**
 * It does not look whether the holder is about to unlock, as on the simulated host: with these looks there are seven times
 * as many states.
 */
function user(number: number, [outer, inner]: readonly [number, number]) {
  return (words: ExploredWords): void =>
    withArrays(words, [...MUTEXES, RECORDS], () => {
      const coroutines = coroutinesOf(words, number);
      const mutexes = MUTEXES.map(
        ({ buffer }) => new SharedCoMutex(coroutines, { words: new Int32Array(buffer) }),
      );
      const change = (i: number): void => words.store(DATA + i, words.load(DATA + i) + 1);
      for (const i of [outer, inner]) {
        words.named(LOCK, () => waitFor(words, mutexes[i]!, number));
        words.named('with the mutex', () => change(i));
      }
      for (const i of [inner, outer]) words.named(UNLOCK, () => mutexes[i]!.unlock());
    });
}

export const CO_MUTEX_THREE: BuiltIn = {
  name: 'co-mutex-three',
  about: 'three coroutines of three threads each take two of three CoMutexes, one inside the other',
  words: ALL,
  make: () => {
    const users = TAKES.map((takes, i) => [`coroutine ${'abc'[i]}`, user(i + 1, takes)] as const);
    return judgedAlso(program(Object.fromEntries(users)), (ending) => {
      const sums = MUTEXES.map((_, i) => ending.word(DATA + i));
      const wrong = sums.find((sum) => sum !== TAKERS);
      return wrong === undefined ? null : `two coroutines held a mutex: the sum is ${wrong}`;
    });
  },
  weakenings: [
    {
      name: 'second-look',
      about: 'an unlock of the first mutex does not look for waiters once it has offered it',
      model: 'SC',
      weaken: noSecondLook,
    },
  ],
};
