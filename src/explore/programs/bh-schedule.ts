/** qemu_bh_schedule of one bottom half, nested polls, and a main loop, over Wakeup. */

import { NO_BH } from '../../aio/wake/wakeup.ts';
import { BH_SCHEDULED } from '../../trace/bh-flags.ts';
import { type BuiltIn, program } from '../built-in.ts';
import type { ExploredWords } from '../explored-words.ts';
import type { Explorable } from '../program.ts';
import { plainly, skipped } from '../weaken.ts';
import {
  A,
  B,
  DATA,
  EVENTFD,
  NOTIFIED,
  NOTIFY_ME,
  notify,
  poll,
  runBhs,
  schedule,
  WAKEUP_WORDS,
  wakeupOf,
} from './aio-notify.ts';

/** The data that a bottom half works on is stored before it is scheduled. */
function scheduleWithData(times: number, looksFirst: boolean) {
  return (words: ExploredWords): void => {
    for (let value = 1; value <= times; value++) {
      words.named('the caller', () => words.store(DATA, value));
      const wakeup = wakeupOf(words);
      if (looksFirst && (wakeup.flags(A) & BH_SCHEDULED) !== 0) continue;
      wakeup.enqueue(A, BH_SCHEDULED);
      notify(words, wakeup);
    }
  };
}

function makeSchedule(without: string): Explorable {
  const looksFirst = without === 'always-rmw';
  return program({
    poller: (words, before) => {
      let seen = before;
      poll(words, () => {
        seen = words.named('the bottom half', () => words.load(DATA));
      });
      return seen === 2 ? undefined : seen;
    },
    'scheduler 1': scheduleWithData(2, looksFirst),
    'scheduler 2': (words) => schedule(words, A),
  });
}

export const BH_SCHEDULE: BuiltIn = {
  name: 'qemu_bh_schedule',
  about: 'a bottom half is scheduled again and again; a call must come after the last data',
  words: WAKEUP_WORDS,
  make: makeSchedule,
  weakenings: [
    {
      name: 'always-rmw',
      about:
        'qemu_bh_schedule returns if the bottom half is scheduled, without a read-modify-write',
      model: 'TSO',
    },
    {
      name: 'dequeue-rmw',
      about: 'aio_bh_poll clears the flags by a load and a plain store',
      model: 'TSO',
      weaken: plainly('dequeue', A),
    },
  ],
};

export const NESTED: BuiltIn = {
  name: 'nested',
  about: 'a bottom half polls until a second one has run; one thread schedules both',
  words: WAKEUP_WORDS,
  make: () =>
    program({
      poller: (words, ran) => {
        let now = ran;
        poll(words, (slot) => {
          now |= slot === A ? 1 : 2;
          for (let round = 0; slot === A && now !== 3 && round < 3; round++) {
            poll(words, (inner) => (now |= inner === A ? 1 : 2));
          }
        });
        return now === 3 ? undefined : now;
      },
      scheduler: (words) => {
        schedule(words, A);
        schedule(words, B);
      },
    }),
  weakenings: [
    {
      name: 'second-look',
      about: 'aio_poll does not look for a notification once it has raised NOTIFY_ME',
      model: 'SC',
      weaken: skipped('beginSleep', NOTIFIED, 0),
    },
  ],
};

/** One iteration of a main loop with the context as its source. */
function iterate(words: ExploredWords, call: (slot: number) => void, clearsFirst: boolean): void {
  const wakeup = wakeupOf(words);
  wakeup.beginSourceSleep();
  if (clearsFirst) wakeup.endSourceSleep();
  if (wakeup.first === NO_BH) words.named('poll', () => words.sleepOn(EVENTFD));
  wakeup.endSourceSleep();
  wakeup.accept();
  words.named('event_notifier_test_and_clear', () => words.exchange(EVENTFD, 0));
  runBhs(wakeup, call);
}

export const MAIN_LOOP: BuiltIn = {
  name: 'main-loop',
  about: 'a main loop sleeps with the context as its source; two threads schedule',
  words: {
    ...WAKEUP_WORDS,
    [NOTIFY_ME]: {
      name: 'NOTIFY_ME',
      says: {
        load: 'looks whether anybody sleeps',
        or: 'says that it is about to sleep',
        and: 'says that it is awake',
      },
    },
  },
  make: (without) =>
    program({
      'main loop': (words, before) => {
        let ran = before;
        iterate(words, (slot) => (ran |= slot === A ? 1 : 2), without === 'set-while-asleep');
        return ran === 3 ? undefined : ran;
      },
      'scheduler a': (words) => schedule(words, A),
      'scheduler b': (words) => schedule(words, B),
    }),
  weakenings: [
    {
      name: 'set-while-asleep',
      about: 'aio_ctx_prepare clears NOTIFY_ME before the sleep',
      model: 'SC',
    },
    {
      name: 'prepare-mb',
      about: 'aio_ctx_prepare sets NOTIFY_ME by a load and a plain store',
      model: 'TSO',
      weaken: plainly('beginSourceSleep', NOTIFY_ME),
    },
  ],
};
