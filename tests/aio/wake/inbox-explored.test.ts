import { describe, expect, it } from 'vitest';
import {
  CLOSED,
  FIRST_SHARED,
  GONE,
  INBOX,
  Inbox,
  NOTIFIED,
  SLEEPS,
  WRITERS,
} from '../../../src/aio/wake/inbox.ts';
import type { Words } from '../../../src/aio/wake/words.ts';
import { BH_DELETED, BH_PENDING, BH_SCHEDULED } from '../../../src/trace/bh-flags.ts';
import { type ExploredWords, explore, type Model, type Program } from './explorer.ts';

const A = FIRST_SHARED;
const B = FIRST_SHARED + 2;
/** The words beside the inbox's. EVENTFD -1 stands for a closed one. */
const [EVENTFD, RAN_A, RAN_B, DATA, SEEN, WRITES, SLEPT] = [20, 21, 22, 23, 24, 25, 26] as const;
const SIZE = 27;
const NAMES: Record<number, string> = {
  [INBOX]: 'INBOX',
  [SLEEPS]: 'SLEEPS',
  [NOTIFIED]: 'NOTIFIED',
  [WRITERS]: 'WRITERS',
  [CLOSED]: 'CLOSED',
  [A]: 'flags of a',
  [A + 1]: 'next of a',
  [B]: 'flags of b',
  [B + 1]: 'next of b',
  [EVENTFD]: 'eventfd',
  [DATA]: 'data',
};
const MODELS: readonly Model[] = ['SC', 'TSO'];
/** More than any of the programs needs. */
const ROUNDS = 6;

type MakeInbox = (words: Words) => Inbox;
const asIs: MakeInbox = (words) => new Inbox(words);

/** As Waker.wake. */
function wake(words: ExploredWords, inbox: Inbox): void {
  if (inbox.claim() === 0) return;
  words.count(WRITES);
  if (words.exchange(EVENTFD, 1) < 0) throw new Error('the eventfd is written after it was closed');
  inbox.written();
}

/** As RemoteBottomHalf, without the wake-up. */
function put(inbox: Inbox, slot: number, flags: number): void {
  const old = inbox.mark(slot, 0, flags);
  if (old !== GONE) inbox.publish(slot, old);
}

function schedule(words: ExploredWords, inbox: Inbox, slot: number): void {
  put(inbox, slot, BH_SCHEDULED);
  wake(words, inbox);
}

/** The home thread, as aio_poll and SharedBhs use the inbox. */
class Home {
  readonly words: ExploredWords;
  readonly inbox: Inbox;
  /** Newest last. */
  readonly list: number[] = [];
  notified = false;

  constructor(words: ExploredWords, inbox: Inbox) {
    this.words = words;
    this.inbox = inbox;
  }

  drain(): void {
    if (this.inbox.isEmpty) return;
    const arrived: number[] = [];
    for (let slot = this.inbox.take(); slot !== 0; slot = this.inbox.next(slot)) {
      if (arrived.includes(slot)) throw new Error(`slot ${slot} is on the inbox twice`);
      arrived.push(slot);
    }
    for (const slot of arrived.reverse()) {
      if (this.list.includes(slot)) throw new Error(`slot ${slot} is on two lists`);
      this.list.push(slot);
    }
    this.notified = true;
  }

  /** aio_poll(true). Returns whether anything ran. */
  poll(): boolean {
    this.drain();
    const { words, inbox } = this;
    const isDue = this.list.some((slot) => (inbox.flags(slot, 0) & BH_SCHEDULED) !== 0);
    if (!isDue && !this.notified) {
      const isAwake = inbox.beginSleep(2);
      words.count(SLEPT);
      if (!isAwake) words.sleepOn(EVENTFD);
      if (inbox.endSleep() || !isAwake) words.exchange(EVENTFD, 0);
    }
    this.drain();
    inbox.accept();
    this.notified = false;
    let progress = false;
    for (const slot of this.list.splice(0).reverse()) {
      const flags = inbox.dequeue(slot);
      if ((flags & (BH_SCHEDULED | BH_DELETED)) !== BH_SCHEDULED) continue;
      progress = true;
      words.count(slot === A ? RAN_A : RAN_B);
      words.count(SEEN, words.load(DATA) - words.count(SEEN, 0));
    }
    return progress;
  }
}

/** Polls until the condition holds. */
function home(make: MakeInbox, isDone: (words: ExploredWords) => boolean, pending: number[] = []) {
  return (words: ExploredWords): void => {
    const thread = new Home(words, make(words));
    thread.list.push(...pending);
    for (let round = 0; round < ROUNDS; round++) {
      thread.poll();
      if (isDone(words)) return;
    }
    throw new Error('polled in vain');
  };
}

function other(make: MakeInbox, act: (words: ExploredWords, inbox: Inbox) => void) {
  return (words: ExploredWords): void => act(words, make(words));
}

/** A program whose home thread must come to its end, having been written once a sleep at most. */
function program(threads: Program['threads']): Program {
  return {
    threads,
    size: SIZE,
    names: NAMES,
    judge: (memory, ended) => {
      if (!ended.every(Boolean)) return 'lost wake-up: home sleeps for ever';
      if (memory[WRITES]! > memory[SLEPT]!) return 'more writes than sleeps';
      return null;
    },
  };
}

const twoBottomHalves = (make: MakeInbox): Program =>
  program({
    home: home(make, (words) => words.count(RAN_A, 0) > 0 && words.count(RAN_B, 0) > 0),
    'other 1': other(make, (words, inbox) => schedule(words, inbox, A)),
    'other 2': other(make, (words, inbox) => schedule(words, inbox, B)),
  });

/** The last value must be seen by a call that came after it. */
const oneWithData = (make: MakeInbox): Program =>
  program({
    home: home(make, (words) => words.count(SEEN, 0) === 2),
    other: other(make, (words, inbox) => {
      for (const value of [1, 2]) {
        words.store(DATA, value);
        schedule(words, inbox, A);
      }
    }),
  });

/** The bottom half is on the home thread's list already, cancelled. */
const pendingAlready = (make: MakeInbox): Program =>
  program({
    home: home(make, (words) => words.count(RAN_A, 0) > 0, [A]),
    other: other(make, (words, inbox) => schedule(words, inbox, A)),
  });

const bareNotify = (make: MakeInbox): Program =>
  program({
    home: (words) => void new Home(words, make(words)).poll(),
    other: other(make, (words, inbox) => {
      inbox.setNotified();
      wake(words, inbox);
    }),
  });

/** Deleted by one thread, scheduled by another; its slot then gets a new owner. */
const deletedAndReused = (make: MakeInbox): Program => ({
  ...program({
    home: (words) => {
      const thread = new Home(words, make(words));
      while (thread.inbox.flags(A, 0) !== GONE) {
        words.sleepOn(INBOX);
        thread.drain();
        for (const slot of thread.list.splice(0)) thread.inbox.dequeue(slot);
      }
      thread.inbox.create(A, 0);
      thread.drain();
      if (thread.list.length > 0) throw new Error('a stale handle has scheduled the new owner');
      if (thread.inbox.flags(A, 1) !== 0)
        throw new Error('a stale handle has changed the new owner');
    },
    'other 1': other(make, (_words, inbox) => put(inbox, A, BH_DELETED)),
    'other 2': other(make, (_words, inbox) => put(inbox, A, BH_SCHEDULED)),
  }),
  judge: (memory, ended) => {
    if (!ended[0]) return 'home sleeps for ever';
    if (memory[INBOX] !== 0) return 'a stale handle is on the inbox';
    return memory[A] === 1 << 8 ? null : 'a stale handle has changed the new owner';
  },
});

/** The context is closed after one round. */
const closed = (make: MakeInbox, waits = true): Program =>
  program({
    home: (words) => {
      const thread = new Home(words, make(words));
      thread.poll();
      thread.inbox.close();
      if (waits) words.waitForZero(WRITERS);
      words.exchange(EVENTFD, -1);
    },
    'other 1': other(make, (words, inbox) => schedule(words, inbox, A)),
    'other 2': other(make, (words, inbox) => schedule(words, inbox, B)),
  });

const onList = { [A]: BH_PENDING };
const memoryOf = (words: Record<number, number>): number[] =>
  Array.from({ length: SIZE }, (_, i) => words[i] ?? 0);
const NOTHING = memoryOf({});

describe.each(MODELS)('every interleaving of the inbox under %s', (model) => {
  it.each([
    ['two bottom halves of two threads', twoBottomHalves(asIs), NOTHING],
    ['one bottom half, scheduled twice, with data', oneWithData(asIs), NOTHING],
    ['one that is on a list already', pendingAlready(asIs), memoryOf(onList)],
    ['a bare notification', bareNotify(asIs), NOTHING],
    ['one that is deleted and its slot used again', deletedAndReused(asIs), NOTHING],
    ['a context that is closed', closed(asIs), NOTHING],
  ])('%s: no error', (_name, tried, memory) => {
    const { error, steps, states } = explore(tried, model, memory);
    expect([error, ...steps]).toEqual([null]);
    expect(states).toBeGreaterThan(30);
  });
});

/** An inbox with a line undone. */
class Wrong extends Inbox {
  readonly words: Words;

  constructor(words: Words) {
    super(words);
    this.words = words;
  }
}

class SleepsByPlainStore extends Wrong {
  override beginSleep(notifyMe: number): boolean {
    this.words.store(SLEEPS, notifyMe);
    return this.hasWork;
  }
}

class NoSecondLook extends Wrong {
  override beginSleep(notifyMe: number): boolean {
    this.words.exchange(SLEEPS, notifyMe);
    return false;
  }
}

class NotNotifiedIfPending extends Wrong {
  override publish(slot: number, old: number): void {
    if ((old & BH_PENDING) === 0) this.push(slot);
  }
}

class NotifiedByPlainStore extends Wrong {
  override setNotified(): void {
    this.words.store(NOTIFIED, 1);
  }
}

class WritesTwice extends Wrong {
  override claim(): number {
    this.words.fetchAdd(WRITERS, 1);
    const notifyMe = this.words.load(SLEEPS);
    if (notifyMe === 0) this.words.fetchAdd(WRITERS, -1);
    return notifyMe;
  }
}

class NoGeneration extends Wrong {
  override mark(slot: number, _generation: number, flags: number): number {
    return this.words.fetchOr(slot, BH_PENDING | flags) & 0xff;
  }
}

class FreedInTwoSteps extends Wrong {
  override dequeue(slot: number): number {
    const flags = this.words.fetchAnd(slot, ~(BH_PENDING | BH_SCHEDULED)) & 0xff;
    if ((flags & BH_DELETED) !== 0) this.free(slot);
    return flags;
  }
}

class PushedAlways extends Wrong {
  override publish(slot: number, _old: number): void {
    this.push(slot);
  }
}

describe('the explorer finds', () => {
  const of =
    (Made: new (words: Words) => Inbox): MakeInbox =>
    (words) =>
      new Made(words);

  it.each<[string, Program, Model, number[], RegExp]>([
    [
      'SLEEPS set by a plain store',
      twoBottomHalves(of(SleepsByPlainStore)),
      'TSO',
      NOTHING,
      /lost/,
    ],
    ['no second look before the sleep', twoBottomHalves(of(NoSecondLook)), 'SC', NOTHING, /lost/],
    [
      'no notification of one that is listed',
      pendingAlready(of(NotNotifiedIfPending)),
      'SC',
      memoryOf(onList),
      /lost/,
    ],
    ['NOTIFIED set by a plain store', bareNotify(of(NotifiedByPlainStore)), 'TSO', NOTHING, /lost/],
    ['two writes for one sleep', twoBottomHalves(of(WritesTwice)), 'SC', NOTHING, /more writes/],
    ['no check of the generation', deletedAndReused(of(NoGeneration)), 'SC', NOTHING, /stale|slot/],
    [
      'a slot freed in two steps',
      deletedAndReused(of(FreedInTwoSteps)),
      'SC',
      NOTHING,
      /stale|slot/,
    ],
    [
      'a push of one that is listed',
      oneWithData(of(PushedAlways)),
      'SC',
      NOTHING,
      /twice|two lists/,
    ],
    [
      'a close that does not wait for writers',
      closed(asIs, false),
      'SC',
      NOTHING,
      /after it was closed/,
    ],
  ])('%s', (_name, tried, model, memory, error) => {
    const found = explore(tried, model, memory);
    expect(found.error).toMatch(error);
    expect(found.steps.length).toBeGreaterThan(5);
  });
});
