/** Wakeup, with its words shared: QEMU's aio_notify, aio_poll and aio_bh_poll. */

import { FIRST_BH, NO_BH, Wakeup } from '../../aio/wake/wakeup.ts';
import { BH_SCHEDULED } from '../../trace/bh-flags.ts';
import { type BuiltIn, EVENTFD_TEXT, judgedAlso, program, type WordText } from '../built-in.ts';
import type { ExploredWords } from '../explored-words.ts';
import type { Explorable } from '../program.ts';
import { plainly, skipped, storedAfter } from '../weaken.ts';

export const [NOTIFY_ME, NOTIFIED, BH_LIST] = [0, 1, 2] as const;
export const A = FIRST_BH;
export const B = FIRST_BH + 2;
export const [EVENTFD, DATA] = [100, 101] as const;
/** Only the judge reads them. */
const [WRITES, SLEPT] = [102, 103] as const;

export const WAKEUP_WORDS: Readonly<Record<number, WordText>> = {
  [NOTIFY_ME]: {
    name: 'NOTIFY_ME',
    says: { load: 'looks whether anybody sleeps', add: 'changes the number of sleepers' },
  },
  [NOTIFIED]: {
    name: 'NOTIFIED',
    says: {
      load: 'looks whether there is a notification',
      store: 'notifies',
      'store with a fence': 'notifies',
      exchange: 'accepts the notification',
    },
  },
  [BH_LIST]: {
    name: 'BH_LIST',
    says: {
      load: 'looks at the list of bottom halves',
      'compare and exchange': 'puts its bottom half on the list',
      exchange: 'takes the list',
    },
  },
  [A]: { name: 'flags of a', says: { or: 'marks a', and: 'takes a off the list' } },
  [A + 1]: { name: 'next of a' },
  [B]: { name: 'flags of b', says: { or: 'marks b', and: 'takes b off the list' } },
  [B + 1]: { name: 'next of b' },
  [EVENTFD]: EVENTFD_TEXT,
  [DATA]: { name: 'data' },
};

/** Wakeup on these words, whose stores have a full barrier behind them as Atomics.store has. */
export function wakeupOf(words: ExploredWords): Wakeup {
  return words.watch(new Wakeup(words.fenced));
}

/** aio_notify. */
export function notify(words: ExploredWords, wakeup: Wakeup, isCounted = false): void {
  if (wakeup.notify() === 0) return;
  if (isCounted) words.count(WRITES);
  words.named('event_notifier_set', () => words.exchange(EVENTFD, 1));
}

/** qemu_bh_schedule. */
export function schedule(words: ExploredWords, slot: number): void {
  const wakeup = wakeupOf(words);
  wakeup.enqueue(slot, BH_SCHEDULED);
  notify(words, wakeup);
}

interface PollOptions {
  /** Whether it sleeps unless it was notified: it does not look at the list before. */
  readonly isBlind: boolean;
  readonly acceptsLast: boolean;
  /** Whether its sleeps are counted for the judge. */
  readonly isCounted: boolean;
}

const AS_SHIPPED: PollOptions = { isBlind: false, acceptsLast: false, isCounted: false };

/** aio_poll(true). Calls back for each bottom half that is due. */
export function poll(
  words: ExploredWords,
  call: (slot: number) => void,
  { isBlind, acceptsLast, isCounted }: PollOptions = AS_SHIPPED,
): void {
  const wakeup = wakeupOf(words);
  if (isBlind || wakeup.first === NO_BH) {
    const isNotified = wakeup.beginSleep();
    if (isCounted) words.count(SLEPT);
    if (!isNotified) words.named('poll', () => words.sleepOn(EVENTFD));
    wakeup.endSleep();
  }
  if (!acceptsLast) wakeup.accept();
  words.named('event_notifier_test_and_clear', () => words.exchange(EVENTFD, 0));
  runBhs(wakeup, call);
  if (acceptsLast) wakeup.accept();
}

/** aio_bh_poll. */
export function runBhs(wakeup: Wakeup, call: (slot: number) => void): void {
  let slot = wakeup.detach();
  while (slot !== NO_BH) {
    const next = wakeup.next(slot);
    if ((wakeup.dequeue(slot) & BH_SCHEDULED) !== 0) call(slot);
    slot = next;
  }
}

/** A thread that polls until both bottom halves have run. */
function pollBoth(options: Partial<PollOptions>) {
  return (words: ExploredWords, before: number): number | undefined => {
    let ran = before;
    poll(words, (slot) => (ran |= slot === A ? 1 : 2), { ...AS_SHIPPED, ...options });
    return ran === 3 ? undefined : ran;
  };
}

/** The eventfd costs a system call, so it is not written for a poller that never was about to sleep. */
function makeNotify(without: string): Explorable {
  const isNotifiedFirst = without === 'enqueue-first';
  const scheduler = (slot: number) => (words: ExploredWords) => {
    const wakeup = wakeupOf(words);
    if (isNotifiedFirst) notify(words, wakeup, true);
    wakeup.enqueue(slot, BH_SCHEDULED);
    if (!isNotifiedFirst) notify(words, wakeup, true);
  };
  const made = program({
    poller: pollBoth({ isCounted: true }),
    'scheduler a': scheduler(A),
    'scheduler b': scheduler(B),
  });
  return judgedAlso(made, (ending) => {
    if (ending.word(WRITES) === 0 || ending.word(SLEPT) > 0) return null;
    return 'the eventfd was written, and nobody ever was about to sleep';
  });
}

export const AIO_NOTIFY: BuiltIn = {
  name: 'aio_notify',
  about: 'two threads each schedule a bottom half; a third sleeps in aio_poll, and runs both',
  words: WAKEUP_WORDS,
  make: makeNotify,
  weakenings: [
    {
      name: 'smp_mb',
      about: 'aio_notify stores NOTIFIED, and no barrier stands before it reads NOTIFY_ME',
      model: 'TSO',
      weaken: plainly('notify', NOTIFIED),
    },
    {
      name: 'sleeper-mb',
      about: 'aio_poll raises NOTIFY_ME by a load and a plain store, not by a read-modify-write',
      model: 'TSO',
      weaken: plainly('beginSleep', NOTIFY_ME),
    },
    {
      name: 'second-look',
      about: 'aio_poll does not look for a notification once it has raised NOTIFY_ME',
      model: 'SC',
      weaken: skipped('beginSleep', NOTIFIED, 0),
    },
    {
      name: 'notify-me',
      about: 'aio_notify writes the eventfd without a look at NOTIFY_ME',
      model: 'SC',
      weaken: skipped('notify', NOTIFY_ME, 2),
    },
    {
      name: 'enqueue-first',
      about: 'qemu_bh_schedule notifies before it puts the bottom half on the list',
      model: 'SC',
    },
    {
      name: 'next-first',
      about: 'the link of a bottom half is written after it is on the list',
      model: 'SC',
      weaken: storedAfter('enqueue', (word) => word >= FIRST_BH && word % 2 === 1, BH_LIST),
    },
  ],
};

export const AIO_NOTIFY_ACCEPT: BuiltIn = {
  name: 'aio_notify_accept',
  about: 'as aio_notify, but the poller knows only by NOTIFIED that there is work',
  words: WAKEUP_WORDS,
  make: (without) =>
    program({
      poller: pollBoth({ isBlind: true, acceptsLast: without === 'accept-first' }),
      'scheduler a': (words) => schedule(words, A),
      'scheduler b': (words) => schedule(words, B),
    }),
  weakenings: [
    {
      name: 'accept-first',
      about: 'aio_poll clears NOTIFIED after it has looked for work, not before',
      model: 'SC',
    },
  ],
};
