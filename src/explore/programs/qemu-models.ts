/**
 * An algorithm of QEMU that has no class here, as its description gives it: the event of its Windows
 * threads.
 */

import { type BuiltIn, program, type WordText } from '../built-in.ts';
import type { ExploredWords } from '../explored-words.ts';
import type { Explorable } from '../program.ts';

// QemuEvent: SET, FREE (nobody waits), BUSY (somebody may wait on the kernel's object).
const [SET, FREE, BUSY] = [0, 1, -1] as const;
const [EVENT, OBJECT, READY] = [0, 1, 2] as const;

/** qemu_event_set: only a waiter costs a call of the kernel. */
function setEvent(words: ExploredWords, isFenced: boolean): void {
  words.named('qemu_event_set', () => {
    if (isFenced) words.fence();
    if (words.load(EVENT) === SET) return;
    if (words.exchange(EVENT, SET) === BUSY) words.storeFenced(OBJECT, 1);
  });
}

/** qemu_event_reset. */
function resetEvent(words: ExploredWords): void {
  words.named('qemu_event_reset', () => {
    if (words.load(EVENT) === SET) words.fetchOr(EVENT, FREE);
    words.fence();
  });
}

/** qemu_event_wait. */
function waitEvent(words: ExploredWords, resetsFirst: boolean): void {
  words.named('qemu_event_wait', () => {
    let value = words.load(EVENT);
    if (value === SET) return;
    if (value === FREE) {
      if (resetsFirst) words.storeFenced(OBJECT, 0);
      value = words.compareExchange(EVENT, FREE, BUSY);
      if (value === SET) return;
      if (!resetsFirst) words.storeFenced(OBJECT, 0);
    }
    words.sleepOn(OBJECT);
  });
}

const EVENT_WORDS: Readonly<Record<number, WordText>> = {
  [EVENT]: {
    name: 'EVENT',
    says: {
      load: 'looks at the event',
      exchange: 'sets the event',
      or: 'resets the event',
      'compare and exchange': 'says that somebody waits',
    },
  },
  [OBJECT]: { name: 'OBJECT', says: { 'sleep on': "sleeps on the kernel's object" } },
  [READY]: { name: 'READY 1' },
  [READY + 1]: { name: 'READY 2' },
};

function makeEvent(without: string): Explorable {
  const setter =
    (number: number) =>
    (words: ExploredWords): void => {
      words.store(READY + number, 1);
      setEvent(words, without !== 'set-mb');
    };
  return program(
    {
      waiter: (words) => {
        resetEvent(words);
        if (words.load(READY) === 1 && words.load(READY + 1) === 1) return undefined;
        waitEvent(words, without !== 'object-first');
        return 1;
      },
      'setter 1': setter(0),
      'setter 2': setter(1),
    },
    { initial: { [EVENT]: FREE } },
  );
}

export const WIN32_EVENT: BuiltIn = {
  name: 'win32-qemu-event',
  about: 'a thread waits for two words with a QemuEvent of Windows, which two others set',
  words: EVENT_WORDS,
  make: makeEvent,
  weakenings: [
    {
      name: 'set-mb',
      about: 'qemu_event_set has no barrier before it looks at the event',
      model: 'TSO',
    },
    {
      name: 'object-first',
      about: "the kernel's object is reset after the event says that somebody waits",
      model: 'SC',
    },
  ],
};
