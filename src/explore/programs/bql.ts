/** The big lock, and conditions. */

import { GlobalLock } from '../../thread/global-lock.ts';
import type { Lender } from '../../thread/lender.ts';
import type { LockCode, LockMemory } from '../../thread/lock-code.ts';
import {
  BQL_FAIR,
  BQL_NEXT,
  BQL_OWNER,
  BQL_SERVING,
  BQL_STATE,
} from '../../thread/machine-words.ts';
import { QemuCond } from '../../thread/qemu-cond.ts';
import { Tracer } from '../../trace/tracer.ts';
import { type BuiltIn, judgedAlso, program, type WordText } from '../built-in.ts';
import type { ExploredWords } from '../explored-words.ts';
import { futexHost } from '../futex-host.ts';
import { EXCHANGE, FETCH_ADD } from '../operation.ts';
import type { Explorable } from '../program.ts';
import { ExploredMemory, withArrays } from '../shared-arrays.ts';
import { noWake, plainly } from '../weaken.ts';

/** The word that the lock protects. */
const DATA = 100;
const MACHINE = new ExploredMemory(1000);
const COND = new ExploredMemory(1900);
/** More than a waiter needs. */
const ROUNDS = 4;

/** The steps of the lock's code, which is WebAssembly, as operations. */
function lockSteps(words: ExploredWords): LockCode {
  const { first } = MACHINE;
  return {
    take: (state, owner, id) => {
      if (words.compareExchange(first + state / 4, 0, 1) !== 0) return 0;
      words.store(first + owner / 4, id);
      return 1;
    },
    give: (state, owner) => {
      words.store(first + owner / 4, 0);
      return words.exchange(first + state / 4, 0);
    },
  };
}

function bqlOf(words: ExploredWords, id: number): GlobalLock {
  const memory: LockMemory = { buffer: MACHINE.buffer, code: lockSteps(words) };
  const owner = { id, host: futexHost(words, MACHINE, COND), trace: new Tracer(() => 0) };
  return words.watch(new GlobalLock(memory, owner, { asked: false } as Lender));
}

const BQL_WORDS: Readonly<Record<number, WordText>> = {
  [MACHINE.first + BQL_STATE]: {
    name: 'STATE',
    says: {
      'compare and exchange': 'tries to take the lock',
      exchange: 'takes the lock, or gives it back',
      futex_wait: 'sleeps until the lock is given back',
      futex_wake: 'wakes those that wait for the lock',
    },
  },
  [MACHINE.first + BQL_OWNER]: { name: 'OWNER' },
  [MACHINE.first + BQL_NEXT]: { name: 'NEXT', says: { add: 'draws a ticket' } },
  [MACHINE.first + BQL_SERVING]: { name: 'SERVING', says: { load: 'looks whose turn it is' } },
  [MACHINE.first + BQL_FAIR]: { name: 'FAIR' },
  [COND.first]: {
    name: 'SIGNALS',
    says: {
      add: 'signals',
      futex_wait: 'sleeps until there is a signal',
      futex_wake: 'wakes waiters',
    },
  },
  [COND.first + 1]: { name: 'WAITERS', says: { load: 'looks whether anybody waits' } },
  [DATA]: { name: 'data' },
};

/** Each thread adds 1 to a word, by a plain load and store, with the lock. */
function lockAndAdd(id: number) {
  return (words: ExploredWords): void =>
    withArrays(words, [MACHINE], () => {
      const bql = bqlOf(words, id);
      bql.lock();
      words.named('with the BQL', () => words.store(DATA, words.load(DATA) + 1));
      bql.unlock();
    });
}

function makeBql(threads: number, fair: boolean): Explorable {
  const made = program(
    Object.fromEntries(
      Array.from({ length: threads }, (_, i) => [`thread ${i + 1}`, lockAndAdd(i + 1)]),
    ),
    { initial: fair ? { [MACHINE.first + BQL_FAIR]: 1 } : {} },
  );
  return judgedAlso(made, (ending) => {
    const sum = ending.word(DATA);
    return sum === threads ? null : `two threads held the lock: the sum is ${sum}`;
  });
}

export const BQL: BuiltIn = {
  name: 'bql',
  about: 'three threads take the big lock, and change a word with it',
  words: BQL_WORDS,
  make: () => makeBql(3, false),
  weakenings: [
    {
      name: 'wanted',
      about: 'a thread that has slept takes the lock as if nobody else slept',
      model: 'SC',
      weaken: () => {
        let slept = false;
        return (words, { kind, word, value }) => {
          if (kind === EXCHANGE && value === 2 && slept) return words.exchange(word, 1);
          if (kind === EXCHANGE && value === 2) slept = true;
          return undefined;
        };
      },
    },
    {
      name: 'take-exchange',
      about: 'the lock is taken by a load and a store',
      model: 'SC',
      weaken:
        () =>
        (words, { kind, word, value }) => {
          if (kind !== EXCHANGE || value !== 2) return undefined;
          const old = words.load(word);
          words.store(word, value);
          return old;
        },
    },
    {
      name: 'wake',
      about: 'the lock is given back, and nobody woken',
      model: 'SC',
      weaken: noWake,
    },
  ],
};

export const BQL_IN_ORDER: BuiltIn = {
  name: 'bql-fair',
  about: 'two threads take a big lock that serves in order, and change a word with it',
  words: BQL_WORDS,
  make: () => makeBql(2, true),
  weakenings: [
    {
      name: 'state-changes',
      about: 'the word that is slept on does not change with the turn',
      model: 'SC',
      weaken:
        () =>
        (_words, { kind, word }) =>
          kind === FETCH_ADD && word === MACHINE.first + BQL_STATE ? 0 : undefined,
    },
  ],
};

export const COND_WAIT: BuiltIn = {
  name: 'qemu_cond_wait',
  about: 'a thread waits with the BQL for a condition, which another makes true and signals',
  words: BQL_WORDS,
  make: (without) =>
    program({
      waiter: (words) =>
        withArrays(words, [MACHINE, COND], () => {
          const bql = bqlOf(words, 1);
          const host = futexHost(words, COND);
          const cond = new QemuCond(host, { words: new Int32Array(COND.buffer) });
          bql.lock();
          while (words.named('the condition', () => words.load(DATA)) === 0) {
            if (without === 'seen-first') {
              bql.unlock();
              const seen = cond.beginWait();
              words.futexWait(COND.first, seen);
              cond.endWait();
              bql.lock();
            } else bql.condWait(cond);
          }
          bql.unlock();
        }),
      signaller: (words) =>
        withArrays(words, [MACHINE, COND], () => {
          const bql = bqlOf(words, 2);
          const host = futexHost(words, COND);
          const cond = new QemuCond(host, { words: new Int32Array(COND.buffer) });
          bql.lock();
          words.named('the condition', () => words.store(DATA, 1));
          bql.unlock();
          words.named('qemu_cond_signal', () => cond.signal());
        }),
    }),
  weakenings: [
    {
      name: 'seen-first',
      about: 'the word that is slept on is read after the lock is given back',
      model: 'SC',
    },
  ],
};

/** Sleeps until the condition holds, as condWaitWhile does once it has given the BQL back. */
function condWaiter(words: ExploredWords): void {
  withArrays(words, [COND], () => {
    const host = futexHost(words, COND);
    const cond = words.watch(new QemuCond(host, { words: new Int32Array(COND.buffer) }));
    for (let round = 0; ; round++) {
      if (round === ROUNDS) throw new Error('wakes up in vain');
      const seen = cond.beginWait();
      const holds = words.named('the condition', () => words.load(DATA)) !== 0;
      if (!holds) words.named('condWaitWhile', () => words.futexWait(COND.first, seen));
      cond.endWait();
      if (holds) return;
    }
  });
}

export const COND_BROADCAST: BuiltIn = {
  name: 'qemu_cond_broadcast',
  about: 'two threads wait for a condition without the BQL; a third makes it true, and tells them',
  words: BQL_WORDS,
  make: () =>
    program({
      'waiter 1': condWaiter,
      'waiter 2': condWaiter,
      teller: (words) =>
        withArrays(words, [COND], () => {
          const host = futexHost(words, COND);
          const cond = words.watch(new QemuCond(host, { words: new Int32Array(COND.buffer) }));
          words.named('the condition', () => words.store(DATA, 1));
          cond.broadcast();
        }),
    }),
  weakenings: [
    {
      name: 'count-rmw',
      about: 'a waiter counts itself by a load and a store',
      model: 'SC',
      weaken: plainly('beginWait', COND.first + 1),
    },
    {
      name: 'signals-rmw',
      about: 'SIGNALS is changed by a load and a plain store',
      model: 'SC',
      weaken: plainly('broadcast', COND.first),
    },
  ],
};
