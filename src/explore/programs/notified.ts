/**
 * The eventfd of a context as QEMU had it from 2.4 to 5.1: it is cleared only if NOTIFIED says that it
 * was written, which saves a system call. Each of the two is set and cleared in an order that matters.
 */

import { type BuiltIn, EVENTFD_TEXT, judgedAlso, program, type WordText } from '../built-in.ts';
import type { ExploredWords } from '../explored-words.ts';
import type { Explorable } from '../program.ts';

const [NOTIFY_ME, NOTIFIED, EVENTFD, WORK] = [0, 1, 2, 3] as const;
const BOTH = 3;

const WORDS: Readonly<Record<number, WordText>> = {
  [NOTIFY_ME]: {
    name: 'NOTIFY_ME',
    says: { load: 'looks whether anybody sleeps', add: 'changes the number of sleepers' },
  },
  [NOTIFIED]: {
    name: 'NOTIFIED',
    says: {
      load: 'looks whether the eventfd was written',
      exchange: 'changes what is known of the eventfd',
    },
  },
  [EVENTFD]: EVENTFD_TEXT,
  [WORK]: { name: 'WORK', says: { or: 'gives it work', exchange: 'takes all work' } },
};

/** aio_notify. */
function notify(words: ExploredWords, knowsFirst: boolean): void {
  words.named('aio_notify', () => {
    if (words.load(NOTIFY_ME) === 0) return;
    if (knowsFirst) words.exchange(NOTIFIED, 1);
    words.exchange(EVENTFD, 1);
    if (!knowsFirst) words.exchange(NOTIFIED, 1);
  });
}

/** aio_notify_accept. */
function accept(words: ExploredWords, clearsFirst: boolean): void {
  words.named('aio_notify_accept', () => {
    if (clearsFirst) {
      if (words.load(NOTIFIED) === 0) return;
      words.exchange(EVENTFD, 0);
      words.exchange(NOTIFIED, 0);
    } else if (words.exchange(NOTIFIED, 0) !== 0) words.exchange(EVENTFD, 0);
  });
}

function makeNotified(without: string): Explorable {
  const scheduler = (bit: number) => (words: ExploredWords) => {
    words.named('aio_bh_enqueue', () => words.fetchOr(WORK, bit));
    notify(words, without === 'event-first');
  };
  const made = program({
    poller: (words, before) => {
      words.named('aio_poll', () => {
        words.fetchAdd(NOTIFY_ME, 2);
        if (words.load(WORK) === 0) words.sleepOn(EVENTFD);
        words.fetchAdd(NOTIFY_ME, -2);
      });
      accept(words, without === 'exchange-first');
      const done = before | words.named('aio_bh_poll', () => words.exchange(WORK, 0));
      return done === BOTH ? undefined : done;
    },
    'scheduler a': scheduler(1),
    'scheduler b': scheduler(2),
  });
  return judgedAlso(made, (ending) => {
    if (ending.word(EVENTFD) === 0 || ending.word(NOTIFIED) !== 0) return null;
    return 'the eventfd is set, and nobody will clear it: every poll returns at once';
  });
}

export const NOTIFIED_EVENT: BuiltIn = {
  name: 'notified-event',
  about: 'aio_notify of QEMU 2.4: the eventfd is cleared only if NOTIFIED says that it was written',
  words: WORDS,
  make: makeNotified,
  weakenings: [
    {
      name: 'event-first',
      about: 'aio_notify sets NOTIFIED before it writes the eventfd',
      model: 'SC',
    },
    {
      name: 'exchange-first',
      about: 'aio_notify_accept clears the eventfd before NOTIFIED',
      model: 'SC',
    },
  ],
};
