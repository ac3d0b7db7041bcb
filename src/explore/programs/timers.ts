/** Timers of a group, which other threads arm. */

import { Clocks, QEMU_CLOCK_REALTIME } from '../../aio/clock.ts';
import type { TimerHandle } from '../../aio/handles.ts';
import type { QemuTimer } from '../../aio/timer.ts';
import { TimerListGroup } from '../../aio/timer-group.ts';
import { Inbox, NOTIFIED, SLEEPS } from '../../aio/wake/inbox.ts';
import { CHANGED, LOCK, TimerBoard } from '../../aio/wake/timer-board.ts';
import type { Host } from '../../host/host.ts';
import { RemoteTimer } from '../../thread/remote-timer.ts';
import { Tracer } from '../../trace/tracer.ts';
import { type BuiltIn, judgedAlso, program, type WordText } from '../built-in.ts';
import { exploredHost, WAKE_FD } from '../explored-host.ts';
import type { ExploredWords, Weaken } from '../explored-words.ts';
import { COMPARE_EXCHANGE, EXCHANGE, FETCH_OR, LOAD } from '../operation.ts';
import type { Explorable } from '../program.ts';
import { ExploredMemory, withArrays } from '../shared-arrays.ts';
import { noWake } from '../weaken.ts';
import { CONTEXT, EVENTFD, ROUNDS } from './context.ts';
import { INBOX_WORDS, UNTRACED, wakerOf } from './inbox.ts';

const BOARD = new ExploredMemory(2000, 4096);
/** A word of the board, as TimerBoard counts them. */
const word = (i: number): number => BOARD.first + i;
const [LOCKED, CHANGES] = [word(LOCK), word(CHANGED)];
const [COUNT, HEADS, HEAD, SLOT_A, SLOT_B] = [word(2), word(3), word(4), word(16), word(24)];
const ARMINGS = word(12);
const [REST, ARMED_AS, FLAGS, NEXT] = [2, 4, 6, 7];
/** Not 0, and everybody's: nobody asks who holds the lock. */
const TID = 1;
const IN_POLL = 2;

/** Due: the clock of the explored host stands at 1. */
const DUE_NS = 1;

const TIMER_WORDS: Readonly<Record<number, WordText>> = {
  ...INBOX_WORDS,
  [LOCKED]: {
    name: 'LOCK',
    says: {
      'compare and exchange': 'takes the lock of the timers',
      exchange: 'gives the lock of the timers back',
      futex_wait: 'sleeps until the lock of the timers is given back',
      futex_wake: 'wakes one that waits for the lock of the timers',
    },
  },
  [CHANGES]: { name: 'CHANGED', says: { load: 'looks whether others have changed a timer' } },
  [COUNT]: { name: 'COUNT' },
  [HEADS]: { name: 'HEADS', says: { load: 'looks whether home has a timer of its own' } },
  [HEAD]: { name: 'HEAD', says: { load: "looks when home's own timer is due" } },
  [ARMINGS]: { name: 'ARMINGS' },
  [SLOT_A]: { name: 'deadline of a' },
  [SLOT_A + REST]: { name: 'rest of a' },
  [SLOT_A + ARMED_AS]: { name: 'arming of a' },
  [SLOT_A + FLAGS]: { name: 'flags of a' },
  [SLOT_A + NEXT]: { name: 'next of a' },
  [SLOT_B]: { name: 'deadline of b' },
  [SLOT_B + REST]: { name: 'rest of b' },
  [SLOT_B + ARMED_AS]: { name: 'arming of b' },
  [SLOT_B + FLAGS]: { name: 'flags of b' },
  [SLOT_B + NEXT]: { name: 'next of b' },
};

/** exploredHost, with the calls that the lock makes. */
function timerHost(words: ExploredWords): Host {
  const calls: Partial<Host> = {
    gettid: () => TID,
    futexWait: (_words, index, expected) => words.futexWait(word(index), expected),
    futexWake: (_words, index, count) => words.futexWake(word(index), count),
  };
  return Object.assign(exploredHost(words, EVENTFD), calls);
}

const NOTIFY = {
  context: { name: 'context', wakeFd: WAKE_FD, words: CONTEXT.buffer },
  bh: null,
} as const;

function handleOf(number: number): TimerHandle {
  return {
    kind: 'timer',
    name: 'ab'[number]!,
    scale: 1,
    notify: NOTIFY,
    board: BOARD.buffer,
    slot: number,
    generation: 0,
  };
}

/** A thread with a shared timer, and one of its own, which polls until the first was called, as aio_poll does. */
function home() {
  return (words: ExploredWords): void =>
    withArrays(words, [CONTEXT, BOARD], () => {
      let called = false;
      const group = new TimerListGroup(
        new Clocks(timerHost(words)),
        new Tracer(() => 0),
        () => {},
        () => NOTIFY,
      );
      const newTimer = (name: string, call: () => void): QemuTimer =>
        group.newTimer(QEMU_CLOCK_REALTIME, name, call);
      const own = newTimer('own', () => {});
      own.modNs(DUE_NS);
      words.silently(() => {
        group.board = new TimerBoard(timerHost(words), BOARD.buffer);
        newTimer('a', () => (called = true)).share();
      });
      words.named('timer_del', () => own.del());
      const inbox = words.watch(new Inbox(words));
      for (let round = 0; !called; round++) {
        if (round === ROUNDS) throw new Error('polls in vain');
        poll(words, inbox, group);
      }
    });
}

function poll(words: ExploredWords, inbox: Inbox, group: TimerListGroup): void {
  if (words.named('timerlistgroup_deadline_ns', () => group.deadlineNs()) !== 0) {
    if (!inbox.beginSleep(IN_POLL)) words.named('poll', () => words.sleepOn(EVENTFD));
    inbox.endSleep();
    words.named('read', () => words.exchange(EVENTFD, 0));
  }
  inbox.accept();
  words.named('timerlistgroup_run_timers', () => group.run());
}

/** Arms a timer of home's for a time that has come. */
function armer(number: number, notifies: 'after' | 'before' | 'never' = 'after') {
  return (words: ExploredWords): void =>
    withArrays(words, [CONTEXT, BOARD], () => {
      const timer = RemoteTimer.from(handleOf(number), timerHost(words));
      if (notifies === 'before') {
        const inbox = words.watch(new Inbox(words));
        wakerOf(words, inbox).notify(UNTRACED);
      }
      if (notifies !== 'after') words.weaken = unnotified;
      words.named('timer_mod', () => timer.modNs(DUE_NS));
    });
}

const unnotified: Weaken = (_words, { kind, word: at }) =>
  (kind === FETCH_OR && at === NOTIFIED) || (kind === LOAD && at === SLEEPS) ? 0 : undefined;

/** The home thread looks at CHANGED only if it has the lock for something else. */
const noLook = (): Weaken => {
  let isLocked = false;
  return (_words, { kind, word: at }) => {
    if (at === LOCKED) isLocked = kind === COMPARE_EXCHANGE;
    return kind === LOAD && at === CHANGES && !isLocked ? 0 : undefined;
  };
};

/** The home thread says that its own timer is gone without the lock. */
const headUnlocked =
  (): Weaken =>
  (_words, { kind, word: at }, scope) => {
    if (scope !== 'timer_del' || at !== LOCKED) return undefined;
    return kind === EXCHANGE ? TID : 0;
  };

const lockPlainly =
  (): Weaken =>
  (words, { kind, word: at, value, next }) => {
    if (kind !== COMPARE_EXCHANGE || at !== LOCKED || value !== 0) return undefined;
    const old = words.load(at);
    if (old === 0) words.store(at, next);
    return old;
  };

const NOTIFIES: Readonly<Record<string, 'before' | 'never'>> = {
  'publish-first': 'before',
  notify: 'never',
};

export const TIMERS: BuiltIn = {
  name: 'timers',
  about: 'home disarms its first timer, while another thread arms one for the same time',
  words: TIMER_WORDS,
  make: (without) =>
    program(
      { home: home(), 'armer a': armer(0, NOTIFIES[without]) },
      { initial: { [COUNT]: 1, [HEADS]: 1, [HEAD]: DUE_NS } },
    ),
  weakenings: [
    {
      name: 'look',
      about: 'home decides how long it sleeps without a look at CHANGED',
      model: 'SC',
      weaken: noLook,
    },
    {
      name: 'head-locked',
      about: 'home sets HEAD without the lock, by a plain store',
      model: 'TSO',
      weaken: headUnlocked,
    },
    {
      name: 'publish-first',
      about: 'a thread notifies home before it has armed the timer',
      model: 'SC',
    },
    {
      name: 'notify',
      about: 'a thread arms a timer that is the first one, and does not notify home',
      model: 'SC',
    },
  ],
};

/** Home would find both timers on the list, and one of the threads has woken it. */
function makeTwo(): Explorable {
  const made = program(
    { 'armer a': armer(0), 'armer b': armer(1) },
    { initial: { [COUNT]: 2, [SLEEPS]: IN_POLL } },
  );
  return judgedAlso(made, (ending) => {
    const newest = ending.word(CHANGES);
    const older = newest === 0 ? 0 : ending.word((newest === 1 ? SLOT_A : SLOT_B) + NEXT);
    if (newest + older !== 3) return 'one of the timers is not on the list of CHANGED';
    return ending.word(EVENTFD) === 1 ? null : 'home sleeps for ever';
  });
}

export const TIMERS_TWO: BuiltIn = {
  name: 'timers-two',
  about: 'two threads each arm a timer of a third, for the same time: one of them wakes it',
  words: TIMER_WORDS,
  make: makeTwo,
  weakenings: [
    {
      name: 'lock-exchange',
      about: 'the lock is taken by a load and a store',
      model: 'SC',
      weaken: lockPlainly,
    },
    {
      name: 'unlock-wake',
      about: 'the lock is given back, and nobody woken',
      model: 'SC',
      weaken: noWake,
    },
  ],
};
