/** Bottom halves that are deleted, and contexts that are closed. */

import { GONE, INBOX, Inbox, WRITERS } from '../../aio/wake/inbox.ts';
import { BH_DELETED, BH_PENDING, BH_SCHEDULED } from '../../trace/bh-flags.ts';
import { type BuiltIn, program } from '../built-in.ts';
import type { Weaken } from '../explored-words.ts';
import { COMPARE_EXCHANGE, LOAD } from '../operation.ts';
import type { Explorable } from '../program.ts';
import { A, B, EVENTFD, Home, INBOX_WORDS, inboxProgram, put, schedule } from './inbox.ts';

/** Inbox.mark as if it were told the slot's generation. */
const noGeneration = (): Weaken => (words, operation, scope) => {
  const { kind, word, value, next } = operation;
  if (scope !== 'mark' || word !== A) return undefined;
  if (kind === LOAD) return words.load(word) & 0xff;
  const old = words.fetchOr(word, next & 0xff) & 0xff;
  return kind === COMPARE_EXCHANGE && old === value ? value : old;
};

/** Inbox.dequeue takes a deleted bottom half off the list, and frees its slot after that. */
const inTwoSteps = (): Weaken => (words, operation, scope) => {
  const { kind, word, value, next } = operation;
  if (scope !== 'dequeue' || kind !== COMPARE_EXCHANGE || next >>> 8 === value >>> 8) {
    return undefined;
  }
  words.fetchAnd(word, ~(BH_PENDING | BH_SCHEDULED));
  words.exchange(word, next);
  return value;
};

/** Deleted by one thread, scheduled by another; its slot then gets a new owner. */
function makeGenerations(): Explorable {
  const made = program({
    home: (words) => {
      const home = new Home(words);
      while (home.inbox.flags(A, 0) !== GONE) {
        words.named('poll', () => words.sleepOn(INBOX));
        home.drain();
        for (const slot of home.list.splice(0)) home.inbox.dequeue(slot, 0);
      }
      home.inbox.create(A, 0);
      home.drain();
      if (home.list.length > 0) throw new Error('runs the new owner for a stale handle');
    },
    deleter: (words) => put(words.watch(new Inbox(words)), A, BH_DELETED),
    scheduler: (words) => put(words.watch(new Inbox(words)), A, BH_SCHEDULED),
  });
  return {
    ...made,
    judge: ({ ended, word }) => {
      if (!ended[0]) return 'home sleeps for ever';
      if (word(INBOX) !== 0) return 'a stale handle is on the inbox';
      return word(A) === 1 << 8 ? null : 'a stale handle has changed the new owner';
    },
  };
}

export const GENERATIONS: BuiltIn = {
  name: 'generations',
  about: 'a bottom half is deleted, and its slot used again, while another thread schedules it',
  words: INBOX_WORDS,
  make: makeGenerations,
  weakenings: [
    {
      name: 'generation',
      about: 'a handle does not know the generation of its slot',
      model: 'SC',
      weaken: noGeneration,
    },
    {
      name: 'free-at-once',
      about: 'a slot is freed in a step of its own, after it is off the list',
      model: 'SC',
      weaken: inTwoSteps,
    },
  ],
};

export const CLOSE: BuiltIn = {
  name: 'close',
  about: 'a context is closed, with its eventfd, while two threads schedule',
  words: INBOX_WORDS,
  make: (without) =>
    inboxProgram({
      home: (words) => {
        const home = new Home(words);
        home.poll(() => {});
        home.inbox.close();
        if (without !== 'wait-for-writers') {
          words.named('close', () => words.waitForZero(WRITERS));
        }
        words.named('close', () => words.exchange(EVENTFD, -1));
      },
      'scheduler a': (words) => schedule(words, A),
      'scheduler b': (words) => schedule(words, B),
    }),
  weakenings: [
    {
      name: 'wait-for-writers',
      about: 'the eventfd is closed although a thread may be about to write it',
      model: 'SC',
    },
    {
      name: 'count-writers',
      about: 'a scheduler does not count itself as a writer before it takes SLEEPS',
      model: 'SC',
      weaken: () => (words, operation, scope) =>
        (scope === 'claim' || scope === 'written') && operation.word === WRITERS
          ? words.load(WRITERS)
          : undefined,
    },
  ],
};
