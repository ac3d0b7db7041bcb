/** Two bottom halves, or one, that other threads schedule. */

import { INBOX, Inbox, NOTIFIED, SLEEPS } from '../../aio/wake/inbox.ts';
import { BH_PENDING } from '../../trace/bh-flags.ts';
import type { BuiltIn } from '../built-in.ts';
import type { ExploredWords, Weaken } from '../explored-words.ts';
import { COMPARE_EXCHANGE } from '../operation.ts';
import { looksBefore, plainly, skipped, storedAfter } from '../weaken.ts';
import {
  A,
  B,
  DATA,
  Home,
  INBOX_WORDS,
  inboxProgram,
  schedule,
  UNTRACED,
  wakerOf,
} from './inbox.ts';

/** Polls until both bottom halves have run. */
function pollBoth(words: ExploredWords, before: number): number | undefined {
  let ran = before;
  new Home(words).poll((slot) => (ran |= slot === A ? 1 : 2));
  return ran === 3 ? undefined : ran;
}

/**
 * Inbox.mark does nothing if the flags would stay as they are. A compare-and-swap that fails is no more than
 * a load then, as JavaScript's memory model has it.
 */
const onlyChanges = (): Weaken => (words, operation, scope) => {
  const { kind, word, value, next } = operation;
  if (scope !== 'mark' || kind !== COMPARE_EXCHANGE) return undefined;
  const seen = words.load(word);
  return value === next || seen !== value ? seen : undefined;
};

export const INBOX_TWO: BuiltIn = {
  name: 'inbox',
  about: 'two threads each schedule a shared bottom half of a third, with one write for a sleep',
  words: INBOX_WORDS,
  make: () =>
    inboxProgram({
      home: pollBoth,
      'scheduler a': (words) => schedule(words, A),
      'scheduler b': (words) => schedule(words, B),
    }),
  weakenings: [
    {
      name: 'sleeps-exchange',
      about: 'the home thread sets SLEEPS by a plain store',
      model: 'TSO',
      weaken: plainly('beginSleep', SLEEPS),
    },
    {
      name: 'second-look',
      about: 'the home thread does not look at INBOX once it has set SLEEPS',
      model: 'SC',
      weaken: skipped('beginSleep', INBOX, 0),
    },
    {
      name: 'publish-first',
      about: 'a scheduler looks at SLEEPS before it pushes its bottom half',
      model: 'SC',
      weaken: looksBefore((word) => word === INBOX, SLEEPS),
    },
    {
      name: 'next-first',
      about: 'the link of a bottom half is written after it is on the inbox',
      model: 'SC',
      weaken: storedAfter('publish', (word) => word === A + 1 || word === B + 1, INBOX),
    },
    {
      name: 'write-once',
      about: 'a scheduler only looks at SLEEPS, and does not exchange it to 0',
      model: 'SC',
      weaken: () => (words, operation, scope) =>
        scope === 'claim' && operation.word === SLEEPS ? words.load(SLEEPS) : undefined,
    },
  ],
};

export const INBOX_DATA: BuiltIn = {
  name: 'inbox-data',
  about: 'a shared bottom half is scheduled twice; a call must come after the last data',
  words: INBOX_WORDS,
  make: (without) =>
    inboxProgram({
      home: (words, before) => {
        let seen = before;
        new Home(words).poll(() => {
          seen = words.load(DATA);
        });
        return seen === 2 ? undefined : seen;
      },
      scheduler: (words) => {
        for (const value of [1, 2]) {
          words.named('the caller', () => words.store(DATA, value));
          schedule(words, A, without === 'push-once');
        }
      },
    }),
  weakenings: [
    {
      name: 'always-rmw',
      about: 'a bottom half that is scheduled already is only looked at',
      model: 'TSO',
      weaken: onlyChanges,
    },
    {
      name: 'dequeue-rmw',
      about: 'the home thread clears the flags by a load and a plain store',
      model: 'TSO',
      weaken: plainly('dequeue', A),
    },
    {
      name: 'push-once',
      about: 'a bottom half that is on a list already is pushed again',
      model: 'SC',
    },
  ],
};

export const INBOX_LISTED: BuiltIn = {
  name: 'inbox-listed',
  about: "a bottom half is on the home thread's list, cancelled, when another thread schedules it",
  words: INBOX_WORDS,
  make: () =>
    inboxProgram(
      {
        home: (words, round) => {
          let ran = false;
          const home = new Home(words);
          if (round === 0) home.list.push(A);
          home.poll(() => (ran = true));
          return ran ? undefined : 1;
        },
        scheduler: (words) => schedule(words, A),
      },
      { [A]: BH_PENDING },
    ),
  weakenings: [
    {
      name: 'notify-listed',
      about: 'nothing announces a bottom half that is on a list already',
      model: 'SC',
      weaken: skipped('publish', NOTIFIED, 0),
    },
  ],
};

export const INBOX_NOTIFY: BuiltIn = {
  name: 'inbox-notify',
  about: 'another thread notifies the context, and gives it no work',
  words: INBOX_WORDS,
  make: () =>
    inboxProgram({
      home: (words) => new Home(words).poll(() => {}),
      notifier: (words) => {
        wakerOf(words, words.watch(new Inbox(words))).notify(UNTRACED);
      },
    }),
  weakenings: [
    {
      name: 'publish-first',
      about: 'the notifier looks at SLEEPS before it sets NOTIFIED',
      model: 'SC',
      weaken: looksBefore((word) => word === NOTIFIED, SLEEPS),
    },
    {
      name: 'notified-exchange',
      about: 'NOTIFIED is set by a plain store',
      model: 'TSO',
      weaken: plainly('setNotified', NOTIFIED),
    },
  ],
};

export const INBOX_SETTINGS: BuiltIn = {
  name: 'inbox-settings',
  about: 'another thread changes a setting twice; the context must take over the last one',
  words: INBOX_WORDS,
  make: () =>
    inboxProgram({
      home: (words, before) => {
        let seen = before;
        const home = new Home(words);
        home.inbox.onSettings = () => {
          seen = words.load(DATA);
        };
        home.poll(() => {});
        return seen === 2 ? undefined : seen;
      },
      setter: (words) => {
        const waker = wakerOf(words, words.watch(new Inbox(words)));
        for (const value of [1, 2]) {
          words.named('the caller', () => words.store(DATA, value));
          waker.notifySettings(UNTRACED);
        }
      },
    }),
  weakenings: [
    {
      name: 'publish-first',
      about: 'the setter looks at SLEEPS before it sets NOTIFIED',
      model: 'SC',
      weaken: looksBefore((word) => word === NOTIFIED, SLEEPS),
    },
    {
      name: 'settings-exchange',
      about: 'NOTIFIED is set by a plain store',
      model: 'TSO',
      weaken: plainly('setSettings', NOTIFIED),
    },
    {
      name: 'accept-exchange',
      about: 'the home thread takes the notification by a load and a plain store',
      model: 'TSO',
      weaken: plainly('accept', NOTIFIED),
    },
  ],
};
