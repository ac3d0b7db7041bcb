/** Calls of a context's entries, cancels, and the end of a sleep. */

import { Calls, FIRST_CALL } from '../../aio/wake/calls.ts';
import { INBOX, Inbox, SLEEPS } from '../../aio/wake/inbox.ts';
import { CHUNK_BYTES } from '../../aio/wake/shared-words.ts';
import type { BuiltIn, WordText } from '../built-in.ts';
import type { ExploredWords } from '../explored-words.ts';
import { ExploredMemory, withArrays } from '../shared-arrays.ts';
import { looksBefore, plainly, skipped } from '../weaken.ts';
import {
  A,
  DATA,
  EVENTFD,
  Home,
  INBOX_WORDS,
  inboxProgram,
  schedule,
  UNTRACED,
  wakerOf,
} from './inbox.ts';

/** A call with the number 4 is in the inbox. */
const CALL = 16;
const FIRST = FIRST_CALL + CALL;
/** The first that is given out. */
const LAST = FIRST_CALL + 31 * CALL;
const EARLIER = { [FIRST_CALL]: 1 << 1, [INBOX]: FIRST, [FIRST + 4]: 4 };
const CALLS = new ExploredMemory(FIRST_CALL, CHUNK_BYTES);

/** Calls an entry with each number, as RemoteContext does. */
function caller(...numbers: readonly number[]) {
  return (words: ExploredWords): void =>
    withArrays(words, [CALLS], () => {
      const calls = words.watch(new Calls(CALLS.buffer, words));
      const waker = wakerOf(words, words.watch(new Inbox(words)));
      for (const number of numbers) waker.push(calls.take(0, [number]), UNTRACED);
    });
}

/** Polls until the calls with all these numbers have come. */
function pollCalls(all: number) {
  return (words: ExploredWords, before: number): number | undefined =>
    withArrays(words, [CALLS], () => {
      const calls = words.watch(new Calls(CALLS.buffer, words));
      let seen = before;
      new Home(words).poll((slot) => {
        calls.see(slot);
        const number = calls.number(slot, 0);
        calls.free(slot);
        if ((seen & number) !== 0) throw new Error('gets a call twice');
        seen |= number;
      });
      return seen === all ? undefined : seen;
    });
}

/** Entry, link, count, and the first number, of each call that there is. */
const OF_CALL = { entry: 0, next: 1, count: 2, number: 4 };

function wordsOfCall(slot: number, name: string): Record<number, WordText> {
  const own = Object.entries(OF_CALL).map(([part, i]) => [
    slot + i,
    { name: `${part} of ${name}` },
  ]);
  return Object.fromEntries(own);
}

const CALL_WORDS: Readonly<Record<number, WordText>> = {
  ...INBOX_WORDS,
  [FIRST_CALL]: {
    name: 'bits of calls',
    says: { load: 'looks which slots are free', or: 'takes a slot', and: 'frees a slot' },
  },
  ...wordsOfCall(FIRST, 'the earlier call'),
  ...wordsOfCall(LAST, 'call 31'),
  ...wordsOfCall(LAST - CALL, 'call 30'),
};

export const INBOX_CALL: BuiltIn = {
  name: 'inbox-call',
  about: 'two threads each call an entry of a context, with a number',
  words: CALL_WORDS,
  make: () => inboxProgram({ home: pollCalls(3), 'caller 1': caller(1), 'caller 2': caller(2) }),
  weakenings: [
    {
      name: 'publish-first',
      about: 'a caller looks at SLEEPS before it pushes its call',
      model: 'SC',
      weaken: looksBefore((word) => word === INBOX, SLEEPS),
    },
    {
      name: 'bits-rmw',
      about: 'a caller takes a slot by a load and a store',
      model: 'SC',
      weaken: plainly('take', FIRST_CALL),
    },
  ],
};

export const INBOX_CALL_FREED: BuiltIn = {
  name: 'inbox-call-freed',
  about:
    'a thread calls an entry twice, while the context takes an earlier call, and frees its slot',
  words: CALL_WORDS,
  make: () => inboxProgram({ home: pollCalls(7), caller: caller(1, 2) }, EARLIER),
  weakenings: [
    {
      name: 'free-rmw',
      about: 'the home thread frees a slot by a load and a store',
      model: 'SC',
      weaken: plainly('free', FIRST_CALL),
    },
  ],
};

export const INBOX_CANCEL: BuiltIn = {
  name: 'inbox-cancel',
  about: 'a bottom half is cancelled, then scheduled, while another thread schedules it too',
  words: INBOX_WORDS,
  make: () =>
    inboxProgram({
      home: (words, before) => {
        let seen = before;
        new Home(words).poll(() => {
          seen = words.load(DATA);
        });
        return seen === 1 ? undefined : seen;
      },
      canceller: (words) => {
        words.watch(new Inbox(words)).cancel(A, 0);
        words.named('the caller', () => words.store(DATA, 1));
        schedule(words, A);
      },
      scheduler: (words) => schedule(words, A),
    }),
  weakenings: [
    {
      name: 'cancel-rmw',
      about: 'SCHEDULED is cleared by a load and a plain store',
      model: 'SC',
      weaken: plainly('cancel', A),
    },
  ],
};

/** The sleep of home is over. */
const OVER = 104;

export const INBOX_AWAKE: BuiltIn = {
  name: 'inbox-awake',
  about: 'a thread notifies a context that has slept, and is awake: it need not write the eventfd',
  words: {
    ...INBOX_WORDS,
    [OVER]: { name: 'OVER', says: { load: 'knows whether home is awake' } },
  },
  make: () =>
    inboxProgram({
      home: (words) => {
        new Home(words).poll(() => {});
        words.named('aio_poll', () => words.store(OVER, 1));
      },
      'notifier 1': (words) => wakerOf(words, words.watch(new Inbox(words))).notify(UNTRACED),
      'notifier 2': (words) => {
        const inbox = words.watch(new Inbox(words));
        const isOver = words.named('the caller', () => words.load(OVER)) !== 0;
        inbox.setNotified();
        if (inbox.claim() === 0) return;
        if (isOver) throw new Error('writes the eventfd of a context that is awake');
        words.named('write', () => words.exchange(EVENTFD, 1));
        inbox.written();
      },
    }),
  weakenings: [
    {
      name: 'end-sleep',
      about: 'SLEEPS stays set after a sleep',
      model: 'SC',
      weaken: skipped('endSleep', SLEEPS, 0),
    },
  ],
};
