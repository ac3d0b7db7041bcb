/** SharedCoMutex: an unlock hands the lock to a waiter, or offers it to one that is on the way. */

import { NEXT_WAITER } from '../../thread/co/co-records.ts';
import {
  CONTEXT,
  FROM_PUSH,
  HANDOFF,
  HOLDER,
  LOCKED,
  SharedCoMutex,
  TO_POP,
} from '../../thread/co/shared-co-mutex.ts';
import type { SharedCoroutines } from '../../thread/co/shared-coroutines.ts';
import { Tracer } from '../../trace/tracer.ts';
import { type BuiltIn, judgedAlso, program, type WordText } from '../built-in.ts';
import type { ExploredWords, Weaken } from '../explored-words.ts';
import { COMPARE_EXCHANGE, FETCH_ADD, LOAD, STORE_FENCED } from '../operation.ts';
import type { Explorable } from '../program.ts';
import { ExploredMemory, withArrays } from '../shared-arrays.ts';

const MUTEX = new ExploredMemory(1000);
const RECORDS = new ExploredMemory(4000);
/** The words of a record. */
const RECORD = 32;
/** The word that the mutex protects. */
const DATA = 100;
/** By number of a coroutine: whether it was woken. */
const WOKEN = 110;
const at = (word: number): number => MUTEX.first + word;
const nextOf = (number: number): number => RECORDS.first + number * RECORD + NEXT_WAITER;

const CO_MUTEX_WORDS: Readonly<Record<number, WordText>> = {
  [at(LOCKED)]: {
    name: 'LOCKED',
    says: {
      load: 'looks whether it is locked',
      'compare and exchange': 'takes it if nobody has it',
      add: 'counts itself in or out',
    },
  },
  [at(CONTEXT)]: {
    name: 'CONTEXT',
    says: { load: 'looks whether the holder is in another thread' },
  },
  [at(HOLDER)]: { name: 'HOLDER', says: { 'store with a fence': 'says who holds it' } },
  [at(HANDOFF)]: {
    name: 'HANDOFF',
    says: {
      'store with a fence': 'offers the mutex to whoever comes',
      load: 'looks whether the mutex is offered',
      'compare and exchange': 'takes the offer',
    },
  },
  [at(FROM_PUSH)]: {
    name: 'FROM_PUSH',
    says: {
      load: 'looks at the list of waiters',
      'compare and exchange': 'puts itself on the list',
      exchange: 'takes the list',
    },
  },
  [at(TO_POP)]: { name: 'TO_POP', says: { load: 'looks who is next' } },
  [nextOf(1)]: { name: 'next of a' },
  [nextOf(2)]: { name: 'next of b' },
  [WOKEN + 1]: { name: 'WOKEN a', says: { 'sleep on': 'sleeps until it is woken' } },
  [WOKEN + 2]: { name: 'WOKEN b', says: { 'sleep on': 'sleeps until it is woken' } },
  [DATA]: { name: 'data' },
};

const [LOCK, UNLOCK] = ['qemu_co_mutex_lock', 'qemu_co_mutex_unlock'] as const;

/** The parts of a thread's coroutines that a mutex uses. A coroutine's number is that of its context plus 1. */
function coroutinesOf(words: ExploredWords, number: number): SharedCoroutines {
  const coroutines = {
    records: new Int32Array(RECORDS.buffer),
    coroutines: { trace: new Tracer(() => 0) },
    thread: { host: { kind: 'sim' } },
    currentContext: number - 1,
    self: () => ({ number, record: { locksHeld: 0 } }),
    homeOf: (other: number) => other - 1,
    wakeNumber: (other: number) => {
      if (words.named('aio_co_wake', () => words.exchange(WOKEN + other, 1)) !== 0) {
        throw new Error('wakes a coroutine that is woken already');
      }
    },
  };
  return coroutines as unknown as SharedCoroutines;
}

/** How often a coroutine looks whether another thread is about to unlock the mutex: once shows all that it does then. */
const LOOKS = 1;

/** Takes the mutex, changes what it protects by a plain load and store, and unlocks it. */
function user(number: number, times: number) {
  return (words: ExploredWords): void =>
    withArrays(words, [MUTEX, RECORDS], () => {
      const handle = { words: new Int32Array(MUTEX.buffer) };
      const mutex = new SharedCoMutex(coroutinesOf(words, number), handle);
      mutex.looks = LOOKS;
      for (let i = 0; i < times; i++) {
        words.named(LOCK, () => waitFor(words, mutex, number));
        words.named('with the mutex', () => words.store(DATA, words.load(DATA) + 1));
        words.named(UNLOCK, () => mutex.unlock());
      }
    });
}

function waitFor(words: ExploredWords, mutex: SharedCoMutex, number: number): void {
  for (const _ of mutex.lock()) {
    words.named('yield', () => words.sleepOn(WOKEN + number));
    words.named('yield', () => words.exchange(WOKEN + number, 0));
  }
}

function makeMutex(): Explorable {
  const made = program({ 'coroutine a': user(1, 1), 'coroutine b': user(2, 2) });
  return judgedAlso(made, (ending) => {
    const sum = ending.word(DATA);
    return sum === 3 ? null : `two coroutines held the mutex: the sum is ${sum}`;
  });
}

/** The look for waiters after an offer says yes if nobody waits, and no if somebody does. */
function looksInverted(): Weaken {
  let isLook = false;
  return (words, { kind, word }, scope) => {
    if (scope !== UNLOCK) return undefined;
    if (isLook && kind === LOAD && word === at(FROM_PUSH)) return words.load(word) === 0 ? 1 : 0;
    if (word === at(HANDOFF)) isLook = kind === STORE_FENCED;
    return undefined;
  };
}

/** The look for waiters after an offer finds nobody. */
function noSecondLook(): Weaken {
  let isLook = false;
  return (_words, { kind, word }, scope) => {
    if (scope !== UNLOCK) return undefined;
    if (word === at(HANDOFF)) isLook = kind === STORE_FENCED;
    return isLook && kind === LOAD && word === at(FROM_PUSH) ? 0 : undefined;
  };
}

/** A waiter looks for an offer before it is on the list. */
function looksFirst(): Weaken {
  let seen = 0;
  return (words, { kind, word }, scope) => {
    if (scope !== LOCK) return undefined;
    if (kind === LOAD && word === at(FROM_PUSH)) seen = words.load(at(HANDOFF));
    return kind === LOAD && word === at(HANDOFF) ? seen : undefined;
  };
}

export const CO_MUTEX: BuiltIn = {
  name: 'co-mutex',
  about: 'two coroutines of two threads take a CoMutex, and unlock it; one of them does so twice',
  words: CO_MUTEX_WORDS,
  make: makeMutex,
  weakenings: [
    {
      name: 'has-waiters',
      about: 'has_waiters says yes if nobody waits, and no if somebody does',
      model: 'SC',
      weaken: looksInverted,
    },
    {
      name: 'second-look',
      about: 'an unlock does not look for waiters once it has offered the mutex',
      model: 'SC',
      weaken: noSecondLook,
    },
    {
      name: 'push-first',
      about: 'a waiter looks for an offer before it is on the list',
      model: 'SC',
      weaken: looksFirst,
    },
    {
      name: 'offer-fence',
      about:
        'the mutex is offered by a plain store, and no barrier stands before the look for waiters',
      model: 'TSO',
      weaken:
        () =>
        (words, { kind, word, value }) => {
          if (kind !== STORE_FENCED || word !== at(HANDOFF)) return undefined;
          words.store(word, value);
          return 0;
        },
    },
    {
      name: 'offer-once',
      about: 'the offer is taken by a load and a store',
      model: 'SC',
      weaken:
        () =>
        (words, { kind, word, value, next }) => {
          if (kind !== COMPARE_EXCHANGE || word !== at(HANDOFF)) return undefined;
          const seen = words.load(word);
          if (seen === value) words.storeFenced(word, next);
          return seen;
        },
    },
    {
      name: 'locked-rmw',
      about: 'an unlock counts itself out by a load and a store',
      model: 'SC',
      weaken:
        () =>
        (words, { kind, word, value }, scope) => {
          if (kind !== FETCH_ADD || word !== at(LOCKED) || scope !== UNLOCK) return undefined;
          const locked = words.load(word);
          words.storeFenced(word, locked + value);
          return locked;
        },
    },
  ],
};
