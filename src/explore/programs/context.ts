/** Whole contexts: AioContext, and what other threads have of it, as they are shipped. */

import { AioContext } from '../../aio/aio-context.ts';
import type { BottomHalf } from '../../aio/bottom-half.ts';
import type { BottomHalfHandle } from '../../aio/handles.ts';
import { INBOX, NOTIFIED, SLEEPS } from '../../aio/wake/inbox.ts';
import { slotAt } from '../../aio/wake/slots.ts';
import { RemoteBottomHalf } from '../../thread/remote-bottom-half.ts';
import { type BuiltIn, program, type Weakening } from '../built-in.ts';
import { exploredHost, WAKE_FD } from '../explored-host.ts';
import type { ExploredWords, Weaken } from '../explored-words.ts';
import { EXCHANGE, LOAD } from '../operation.ts';
import { ExploredMemory, withArrays } from '../shared-arrays.ts';
import { looksBefore } from '../weaken.ts';
import { INBOX_WORDS } from './inbox.ts';

export const EVENTFD = 100;
/** The context's shared words: as numbered as the inbox's, so that they have its names. */
export const CONTEXT = new ExploredMemory(0);
/** More than any of these programs needs. */
export const ROUNDS = 8;

/** The handle of a bottom half that another thread was given before the program begins. */
export function handleOf(number: number): BottomHalfHandle {
  return {
    kind: 'bottom half',
    context: { name: 'context', wakeFd: WAKE_FD, words: CONTEXT.buffer },
    name: number === 0 ? 'a' : 'b',
    id: number,
    words: CONTEXT.buffer,
    slot: slotAt(number),
    generation: 0,
  };
}

/** A context with two shared bottom halves. */
interface Home {
  readonly context: AioContext;
  readonly bhs: readonly BottomHalf[];
}

/** It is made without an operation: the program begins when this is done. */
export function newHome(words: ExploredWords, callbacks: readonly (() => void)[]): Home {
  const context = new AioContext({ host: exploredHost(words, EVENTFD), fdmon: 'poll' });
  context.sharing(CONTEXT.buffer);
  const bhs = callbacks.map((call, i) => context.newBottomHalf('ab'[i]!, call));
  words.silently(() => {
    for (const bh of bhs) bh.share();
  });
  return { context, bhs };
}

/** A thread that polls until both bottom halves have run. */
function home(nests: boolean) {
  return (words: ExploredWords): void =>
    withArrays(words, [CONTEXT], () => {
      const ran = [false, false];
      const run = (number: number) => (): void => {
        ran[number] = true;
        if (nests && number === 0) {
          pollUntil(words, context, () => ran[1] === true, 'the nested aio_poll');
        }
      };
      const { context } = newHome(words, [run(0), run(1)]);
      pollUntil(words, context, () => ran[0] === true && ran[1] === true);
    });
}

export function pollUntil(
  words: ExploredWords,
  context: AioContext,
  isDone: () => boolean,
  name = 'aio_poll',
): void {
  for (let round = 0; !isDone(); round++) {
    if (round === ROUNDS) throw new Error('polls in vain');
    words.named(name, () => context.poll(true));
  }
}

export function scheduler(...numbers: readonly number[]) {
  return (words: ExploredWords): void =>
    withArrays(words, [CONTEXT], () => {
      const host = exploredHost(words, EVENTFD);
      for (const number of numbers) {
        const bh = RemoteBottomHalf.from(handleOf(number), host);
        words.named('qemu_bh_schedule', () => bh.schedule());
      }
    });
}

/** The home thread does not look at the inbox between its SLEEPS and its sleep. */
const noSecondLook = (): Weaken => {
  let isAboutToSleep = false;
  return (_words, { kind, word, value }) => {
    if (word === SLEEPS) isAboutToSleep = kind === EXCHANGE && value !== 0;
    const isLook = kind === LOAD && (word === INBOX || word === NOTIFIED);
    return isAboutToSleep && isLook ? 0 : undefined;
  };
};

export const WEAKENINGS: readonly Weakening[] = [
  {
    name: 'second-look',
    about: 'the home thread does not look at INBOX once it has set SLEEPS',
    model: 'SC',
    weaken: noSecondLook,
  },
  {
    name: 'publish-first',
    about: 'a scheduler looks at SLEEPS before it pushes its bottom half',
    model: 'SC',
    weaken: looksBefore((word) => word === INBOX, SLEEPS),
  },
  {
    name: 'sleeps-exchange',
    about: 'the home thread sets SLEEPS by a plain store',
    model: 'TSO',
    weaken:
      () =>
      (words, { kind, word, value }) => {
        if (kind !== EXCHANGE || word !== SLEEPS || value === 0) return undefined;
        words.store(SLEEPS, value);
        return 0;
      },
  },
];

export const CONTEXT_POLL: BuiltIn = {
  name: 'aio_context',
  about:
    'two threads each schedule a bottom half of a whole AioContext, which polls until both ran',
  words: INBOX_WORDS,
  make: () =>
    program({
      home: home(false),
      'scheduler a': scheduler(0),
      'scheduler b': scheduler(1),
    }),
  weakenings: WEAKENINGS,
};

export const CONTEXT_NESTED: BuiltIn = {
  name: 'aio_context-nested',
  about: 'a bottom half of a whole AioContext polls until a second one has run',
  words: INBOX_WORDS,
  make: () => program({ home: home(true), scheduler: scheduler(0, 1) }),
  weakenings: WEAKENINGS,
};
