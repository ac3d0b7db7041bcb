/** QEMU's CoMutex, as its description gives it: an unlock hands the lock to a waiter. */

import { type BuiltIn, program } from '../built-in.ts';
import type { ExploredWords } from '../explored-words.ts';

/** LOCKED counts the holder and all who wait. WAITERS has a bit for each that has queued itself. */
const [LOCKED, WAITERS, HANDOFF] = [0, 1, 2] as const;
const WOKEN = 10;
/** An unlocker has found nobody on the queue, though somebody is on the way there. */
const OFFERED = 1;

type HasWaiters = (words: ExploredWords) => boolean;

/** Takes the first waiter; -1 if there is none. Only a holder does. */
function pop(words: ExploredWords): number {
  const waiting = words.load(WAITERS);
  if (waiting === 0) return -1;
  const first = 31 - Math.clz32(waiting & -waiting);
  words.fetchAdd(WAITERS, -(1 << first));
  return first;
}

function wake(words: ExploredWords, thread: number): void {
  words.storeFenced(WOKEN + thread, 1);
}

/** qemu_co_mutex_lock_slowpath. */
function lock(words: ExploredWords, self: number, hasWaiters: HasWaiters): void {
  words.named('qemu_co_mutex_lock', () => {
    if (words.fetchAdd(LOCKED, 1) === 0) return;
    words.fetchAdd(WAITERS, 1 << self);
    const offered = words.load(HANDOFF);
    const takes = offered !== 0 && hasWaiters(words);
    if (takes && words.compareExchange(HANDOFF, offered, 0) === offered) {
      const next = pop(words);
      if (next === self) return;
      if (next >= 0) wake(words, next);
    }
    words.sleepOn(WOKEN + self);
  });
}

/** qemu_co_mutex_unlock. */
function unlock(words: ExploredWords, hasWaiters: HasWaiters): void {
  words.named('qemu_co_mutex_unlock', () => {
    if (words.fetchAdd(LOCKED, -1) === 1) return;
    for (;;) {
      const next = pop(words);
      if (next >= 0) {
        wake(words, next);
        return;
      }
      words.storeFenced(HANDOFF, OFFERED);
      if (!hasWaiters(words)) return;
      if (words.compareExchange(HANDOFF, OFFERED, 0) !== OFFERED) return;
    }
  });
}

export const CO_MUTEX: BuiltIn = {
  name: 'co-mutex',
  about: 'two coroutines of two threads take a CoMutex, and unlock it',
  words: {
    [LOCKED]: { name: 'LOCKED', says: { add: 'counts itself' } },
    [WAITERS]: { name: 'WAITERS', says: { load: 'looks who waits' } },
    [HANDOFF]: {
      name: 'HANDOFF',
      says: {
        store: 'offers the lock to whoever is on the way',
        load: 'looks whether the lock is offered',
        'compare and exchange': 'takes the offer',
      },
    },
    [WOKEN]: { name: 'WOKEN a', says: { 'sleep on': 'sleeps until it is woken' } },
    [WOKEN + 1]: { name: 'WOKEN b', says: { 'sleep on': 'sleeps until it is woken' } },
  },
  make: (without) => {
    const isInverted = without === 'has-waiters';
    const hasWaiters: HasWaiters = (words) => (words.load(WAITERS) !== 0) !== isInverted;
    const user =
      (self: number) =>
      (words: ExploredWords): void => {
        lock(words, self, hasWaiters);
        unlock(words, hasWaiters);
      };
    return program({ 'coroutine a': user(0), 'coroutine b': user(1) });
  },
  weakenings: [
    {
      name: 'has-waiters',
      about: 'has_waiters says yes if nobody waits, and no if somebody does',
      model: 'SC',
    },
  ],
};
