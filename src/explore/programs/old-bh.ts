/** qemu_bh_schedule as it was while a bottom half had a flag of its own, and no list. */

import { type BuiltIn, program } from '../built-in.ts';
import type { ExploredWords } from '../explored-words.ts';

const [SCHEDULED, DATA, EVENTFD] = [0, 1, 2] as const;

/** Stores data for the bottom half, and schedules it. */
function schedule(words: ExploredWords, value: number, without: string): void {
  words.named('the caller', () => words.store(DATA, value));
  words.named('qemu_bh_schedule', () => {
    if (without === 'always-rmw') {
      if (words.load(SCHEDULED) !== 0) return;
      words.storeBarrier();
      words.store(SCHEDULED, 1);
    } else if (without === 'smp_wmb') words.store(SCHEDULED, 1);
    else if (words.exchange(SCHEDULED, 1) !== 0) return;
    words.storeFenced(EVENTFD, 1);
  });
}

export const OLD_BH: BuiltIn = {
  name: 'bh-flag',
  about: 'a bottom half with a flag of its own: data, then the flag; a call must see the last data',
  words: {
    [SCHEDULED]: {
      name: 'SCHEDULED',
      says: {
        load: 'looks whether it is scheduled',
        store: 'schedules it',
        exchange: 'schedules it, or takes it',
      },
    },
    [DATA]: { name: 'data', says: { load: 'reads its data', store: 'has new data' } },
    [EVENTFD]: {
      name: 'eventfd',
      says: { 'sleep on': 'sleeps in poll', 'store with a fence': 'writes the eventfd' },
    },
  },
  make: (without) =>
    program({
      poller: (words, before) => {
        let seen = before;
        words.named('poll', () => words.sleepOn(EVENTFD));
        words.named('poll', () => words.exchange(EVENTFD, 0));
        if (words.named('aio_bh_poll', () => words.exchange(SCHEDULED, 0)) !== 0) {
          seen = words.named('the bottom half', () => words.load(DATA));
        }
        return seen === 2 ? undefined : seen;
      },
      scheduler: (words) => {
        for (const value of [1, 2]) schedule(words, value, without);
      },
    }),
  weakenings: [
    {
      name: 'smp_wmb',
      about: 'no barrier stands between the data and the flag',
      model: 'PSO',
    },
    {
      name: 'always-rmw',
      about: 'if (bh->scheduled) return; smp_wmb(); bh->scheduled = 1; as in the notes',
      model: 'TSO',
    },
  ],
};
