/** Coroutines of other contexts, AIO_WAIT_WHILE, and the end of an IOThread, over whole contexts. */

import type { AioContext } from '../../aio/aio-context.ts';
import { WRITERS } from '../../aio/wake/inbox.ts';
import { AioWait } from '../../thread/aio-wait.ts';
import { scheduleCo } from '../../thread/co/co-contexts.ts';
import { NEXT_SCHEDULED, nextOf, takeOldestFirst } from '../../thread/co/co-records.ts';
import { CO_LIST } from '../../thread/context-words.ts';
import { NUM_WAITERS } from '../../thread/machine-words.ts';
import type { QemuThread } from '../../thread/qemu-thread.ts';
import { RemoteBottomHalf } from '../../thread/remote-bottom-half.ts';
import { ENDED, ThreadWords } from '../../thread/thread-words.ts';
import { type BuiltIn, program } from '../built-in.ts';
import { exploredHost } from '../explored-host.ts';
import type { ExploredWords } from '../explored-words.ts';
import { futexHost } from '../futex-host.ts';
import { FETCH_OR } from '../operation.ts';
import { ExploredMemory, withArrays } from '../shared-arrays.ts';
import { skipped, storedAfter } from '../weaken.ts';
import { CONTEXT, EVENTFD, handleOf, newHome, pollUntil, ROUNDS, scheduler } from './context.ts';
import { INBOX_WORDS } from './inbox.ts';

const RECORDS = new ExploredMemory(4000);
/** The words of a record. */
const RECORD = 32;

/** As CoContexts.schedule: another thread schedules a coroutine in the context. */
function coScheduler(number: number, isListedLast: boolean) {
  return (words: ExploredWords): void =>
    withArrays(words, [CONTEXT, RECORDS], () => {
      const remote = RemoteBottomHalf.from(handleOf(0), exploredHost(words, EVENTFD));
      const bh = { schedule: () => words.named('qemu_bh_schedule', () => remote.schedule()) };
      const shipped = { schedule: () => !isListedLast && bh.schedule() };
      if (isListedLast) bh.schedule();
      words.named('aio_co_schedule', () =>
        scheduleCo(new Int32Array(CONTEXT.buffer), new Int32Array(RECORDS.buffer), number, shipped),
      );
    });
}

export const CO_SCHEDULE: BuiltIn = {
  name: 'aio_co_schedule',
  about: 'two threads each schedule a coroutine in the context of a third',
  words: {
    ...INBOX_WORDS,
    [CO_LIST]: {
      name: 'CO_LIST',
      says: {
        'compare and exchange': 'puts its coroutine on the list',
        exchange: 'takes the list of coroutines',
      },
    },
    [RECORDS.first + RECORD + NEXT_SCHEDULED]: { name: 'next of coroutine 1' },
    [RECORDS.first + 2 * RECORD + NEXT_SCHEDULED]: { name: 'next of coroutine 2' },
  },
  make: (without) =>
    program({
      home: (words) =>
        withArrays(words, [CONTEXT, RECORDS], () => {
          const entered: number[] = [];
          const records = new Int32Array(RECORDS.buffer);
          const list = new Int32Array(CONTEXT.buffer);
          const enterAll = (): void => {
            let number = takeOldestFirst(list, CO_LIST, records, NEXT_SCHEDULED);
            while (number !== 0) {
              const next = nextOf(records, number, NEXT_SCHEDULED);
              if (entered.includes(number)) throw new Error('enters a coroutine twice');
              entered.push(number);
              number = next;
            }
          };
          const { context } = newHome(words, [() => words.named('co_schedule_bh', enterAll)]);
          pollUntil(words, context, () => entered.length === 2);
        }),
      'thread 1': coScheduler(1, without === 'push-first'),
      'thread 2': coScheduler(2, without === 'push-first'),
    }),
  weakenings: [
    {
      name: 'push-first',
      about: 'the bottom half is scheduled before the coroutine is on the list',
      model: 'SC',
    },
    {
      name: 'next-first',
      about: 'the link of a coroutine is written after it is on the list',
      model: 'SC',
      weaken: storedAfter('aio_co_schedule', (word) => word >= RECORDS.first, CO_LIST),
    },
  ],
};

const MACHINE = new ExploredMemory(1000);
const WAITERS = MACHINE.first + NUM_WAITERS;
const DATA = 101;

/** The parts of a thread that AioWait uses. */
function threadOf(context: AioContext | null, wakeMain: () => void): QemuThread {
  const words = new Int32Array(MACHINE.buffer);
  const machine = { words, mainContext: context, main: null, wakeMain };
  const runs = (other: unknown): boolean => other === context;
  const thread = { machine, context, currentContext: context, runs };
  return thread as unknown as QemuThread;
}

export const AIO_WAIT_WHILE: BuiltIn = {
  name: 'aio_wait_while',
  about: 'main polls while a word is 0; another thread stores 1, and kicks',
  words: {
    ...INBOX_WORDS,
    [WAITERS]: {
      name: 'NUM_WAITERS',
      says: { or: 'looks whether anybody waits', add: 'counts itself as waiting or not' },
    },
    [DATA]: { name: 'the condition' },
  },
  make: () =>
    program({
      main: (words) =>
        withArrays(words, [CONTEXT, MACHINE], () => {
          const { context } = newHome(words, [() => {}]);
          const wait = new AioWait(threadOf(context, () => {}));
          words.named('AIO_WAIT_WHILE', () =>
            wait.waitWhileUnlocked(context, () => words.load(DATA) === 0),
          );
        }),
      other: (words) =>
        withArrays(words, [CONTEXT, MACHINE], () => {
          const kickBh = RemoteBottomHalf.from(handleOf(0), exploredHost(words, EVENTFD));
          const wait = new AioWait(threadOf(null, () => kickBh.schedule()));
          words.named('the caller', () => words.store(DATA, 1));
          words.named('aio_wait_kick', () => wait.kick());
        }),
    }),
  weakenings: [
    {
      name: 'kick-mb',
      about: 'aio_wait_kick reads the number of waiters without a barrier before it',
      model: 'TSO',
      weaken:
        () =>
        (words, { kind, word }) =>
          kind === FETCH_OR && word === WAITERS ? words.load(word) : undefined,
    },
    {
      name: 'count-first',
      about: 'the waiter is not counted before it looks at the condition',
      model: 'SC',
      weaken: skipped('AIO_WAIT_WHILE', WAITERS, 0),
    },
  ],
};

const THREAD = new ExploredMemory(3000);

export const IOTHREAD_STOP: BuiltIn = {
  name: 'iothread_stop',
  about: 'main stops an IOThread and waits for its end, while a third thread schedules there',
  words: {
    ...INBOX_WORDS,
    [THREAD.first]: {
      name: 'STATE',
      says: {
        futex_wait: 'waits for the end of the thread',
        futex_wake: 'tells that it has ended',
      },
    },
  },
  make: (without) =>
    program({
      iothread: (words) =>
        withArrays(words, [CONTEXT, THREAD], () => {
          let isRunning = true;
          const { context, bhs } = newHome(words, [() => {}, () => (isRunning = false)]);
          pollUntil(words, context, () => !isRunning);
          words.named('iothread_run', () => {
            for (const bh of bhs) bh.delete();
            context.close();
          });
          const state = new ThreadWords(new Int32Array(THREAD.buffer));
          const host = without === 'tell-end' ? { futexWake: () => 0 } : futexHost(words, THREAD);
          words.named('its end', () => state.tell(host, ENDED));
        }),
      main: (words) =>
        withArrays(words, [CONTEXT, THREAD], () => {
          scheduler(1)(words);
          const state = new ThreadWords(new Int32Array(THREAD.buffer));
          for (let round = 0; words.named('join', () => state.state) !== ENDED; round++) {
            if (round === ROUNDS) throw new Error('waits in vain');
            words.named('join', () => words.futexWait(THREAD.first, 0));
          }
        }),
      other: scheduler(0),
    }),
  weakenings: [
    {
      name: 'wait-for-writers',
      about: 'the eventfd is closed although a thread may be about to write it',
      model: 'SC',
      weaken: skipped('iothread_run', WRITERS, 0),
    },
    {
      name: 'tell-end',
      about: 'the thread does not wake those that wait for its end',
      model: 'SC',
    },
  ],
};
