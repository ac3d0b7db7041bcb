/** Inbox: how other threads give work to a context, and wake its home thread. */

import type { WakeHandle } from '../../aio/handles.ts';
import { FIRST_CALL } from '../../aio/wake/calls.ts';
import {
  CLOSED,
  EXTERNAL,
  GONE,
  INBOX,
  Inbox,
  NOTIFIED,
  SLEEPS,
  WRITERS,
} from '../../aio/wake/inbox.ts';
import { slotAt } from '../../aio/wake/slots.ts';
import type { Host } from '../../host/host.ts';
import { Waker } from '../../thread/waker.ts';
import { BH_DELETED, BH_SCHEDULED } from '../../trace/bh-flags.ts';
import { Tracer } from '../../trace/tracer.ts';
import { EVENTFD_TEXT, judgedAlso, program, type WordText } from '../built-in.ts';
import { exploredHost, WAKE_FD } from '../explored-host.ts';
import type { ExploredWords } from '../explored-words.ts';
import type { Explorable, Thread } from '../program.ts';
import { ExploredMemory } from '../shared-arrays.ts';

export const A = slotAt(0);
export const B = slotAt(1);
/** Beside the inbox's own. EVENTFD -1 is a closed one. */
export const [EVENTFD, DATA, WRITES, SLEPT] = [100, 101, 102, 103] as const;
const IN_POLL = 2;

export const INBOX_WORDS: Readonly<Record<number, WordText>> = {
  [INBOX]: {
    name: 'INBOX',
    says: {
      load: 'looks at the inbox',
      'compare and exchange': 'puts its bottom half on the inbox',
      exchange: 'takes the inbox',
    },
  },
  [SLEEPS]: {
    name: 'SLEEPS',
    says: {
      load: 'looks whether home sleeps',
      store: 'says whether it sleeps',
      exchange: 'says whether home sleeps',
    },
  },
  [NOTIFIED]: {
    name: 'NOTIFIED',
    says: {
      load: 'looks whether there is a notification',
      exchange: 'sets or takes the notification',
    },
  },
  [WRITERS]: { name: 'WRITERS', says: { add: 'counts itself as writer of the eventfd' } },
  [CLOSED]: { name: 'CLOSED', says: { exchange: 'says that the context is closed' } },
  [EXTERNAL]: { name: 'EXTERNAL', says: { load: 'looks whether external handlers are held back' } },
  [A]: { name: 'flags of a' },
  [A + 1]: { name: 'next of a' },
  [B]: { name: 'flags of b' },
  [B + 1]: { name: 'next of b' },
  [EVENTFD]: EVENTFD_TEXT,
  [DATA]: { name: 'data' },
};

const HANDLE: WakeHandle = {
  name: 'context',
  wakeFd: WAKE_FD,
  words: new ExploredMemory(0).buffer,
};
export const UNTRACED = new Tracer(() => 0);

/** Its writes of the eventfd are counted for the judge. */
export function wakerOf(words: ExploredWords, inbox: Inbox): Waker {
  const host = exploredHost(words, EVENTFD);
  const write: Host['write'] = (...args) => {
    words.count(WRITES);
    return host.write(...args);
  };
  return new Waker(Object.assign(Object.create(host), { write }) as Host, HANDLE, inbox);
}

/** As RemoteBottomHalf, without the wake-up. */
export function put(inbox: Inbox, slot: number, flags: number): void {
  const old = inbox.mark(slot, 0, flags);
  if (old !== GONE) inbox.publish(slot, old);
}

/** @param pushesAlways whether it is pushed also if it is on a list already */
export function schedule(words: ExploredWords, slot: number, pushesAlways = false): void {
  const inbox = words.watch(new Inbox(words));
  if (pushesAlways) {
    if (inbox.mark(slot, 0, BH_SCHEDULED) !== GONE) inbox.push(slot);
  } else put(inbox, slot, BH_SCHEDULED);
  wakerOf(words, inbox).wake(UNTRACED);
}

function isCall(slot: number): boolean {
  return slot >= FIRST_CALL;
}

/** The home thread, as aio_poll and SharedBhs use the inbox. */
export class Home {
  readonly words: ExploredWords;
  readonly inbox: Inbox;
  /** Newest last. */
  readonly list: number[] = [];
  #notified = false;

  constructor(words: ExploredWords) {
    this.words = words;
    this.inbox = words.watch(new Inbox(words));
  }

  drain(): void {
    if (this.inbox.isEmpty) return;
    const arrived: number[] = [];
    for (let slot = this.inbox.take(); slot !== 0; slot = this.inbox.next(slot)) {
      if (arrived.includes(slot)) throw new Error('finds a bottom half on the inbox twice');
      arrived.push(slot);
    }
    for (const slot of arrived.reverse()) {
      if (this.list.includes(slot)) throw new Error('finds a bottom half on two lists');
      this.list.push(slot);
    }
    this.#notified = true;
  }

  /** aio_poll(true). */
  poll(call: (slot: number) => void): void {
    this.drain();
    const { words, inbox } = this;
    const isDue = this.list.some(
      (slot) => isCall(slot) || (inbox.flags(slot, 0) & BH_SCHEDULED) !== 0,
    );
    if (!isDue && !this.#notified) this.#sleep();
    this.drain();
    inbox.accept();
    this.#notified = false;
    for (const slot of this.list.splice(0).reverse()) {
      const flags = isCall(slot) ? BH_SCHEDULED : inbox.dequeue(slot, 0);
      if ((flags & (BH_SCHEDULED | BH_DELETED)) === BH_SCHEDULED) {
        words.named('the bottom half', () => call(slot));
      }
    }
  }

  #sleep(): void {
    const { words, inbox } = this;
    const isAwake = inbox.beginSleep(IN_POLL);
    words.count(SLEPT);
    if (!isAwake) words.named('poll', () => words.sleepOn(EVENTFD));
    if (inbox.endSleep() || !isAwake) words.named('read', () => words.exchange(EVENTFD, 0));
  }
}

/** Each sleep of home may cost one write. */
export function inboxProgram(
  threads: Readonly<Record<string, Thread['run']>>,
  initial: Readonly<Record<number, number>> = {},
): Explorable {
  const made = program(threads, { initial });
  return judgedAlso(made, (ending) => {
    if (ending.word(WRITES) <= ending.word(SLEPT)) return null;
    return `the eventfd was written ${ending.word(WRITES)} times for ${ending.word(SLEPT)} sleeps`;
  });
}
