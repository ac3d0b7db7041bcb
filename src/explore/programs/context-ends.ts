/** Settings of a whole context, and one that its thread has left, as other threads reach them. */

import type { ContextHandle } from '../../aio/handles.ts';
import { NOTIFIED, SLEEPS } from '../../aio/wake/inbox.ts';
import { CO_LIST } from '../../thread/context-words.ts';
import { finalizeLeft } from '../../thread/left-iothread.ts';
import { RemoteContext } from '../../thread/remote-context.ts';
import { type BuiltIn, program } from '../built-in.ts';
import { exploredHost, WAKE_FD } from '../explored-host.ts';
import { ExploredMemory, withArrays } from '../shared-arrays.ts';
import { looksBefore, plainly, skipped } from '../weaken.ts';
import { CONTEXT, EVENTFD, newHome, pollUntil, scheduler } from './context.ts';
import { DATA, INBOX_WORDS } from './inbox.ts';

/** Calls and names that no program uses. */
const UNUSED = new ExploredMemory(-1, 8).buffer;
const HANDLE: ContextHandle = {
  kind: 'context',
  name: 'context',
  qemu: '7.2',
  wakeFd: WAKE_FD,
  words: CONTEXT.buffer,
  calls: UNUSED,
  names: UNUSED,
};

export const CONTEXT_SETTINGS: BuiltIn = {
  name: 'aio_context-settings',
  about:
    'another thread changes a setting of a whole AioContext, which polls until it has taken it',
  words: INBOX_WORDS,
  make: () =>
    program({
      home: (words) =>
        withArrays(words, [CONTEXT], () => {
          const { context } = newHome(words, []);
          let seen = 0;
          context.sharing().inbox.onSettings = () => {
            seen = words.load(DATA);
          };
          pollUntil(words, context, () => seen === 1);
        }),
      setter: (words) =>
        withArrays(words, [CONTEXT], () => {
          const context = RemoteContext.from(HANDLE, exploredHost(words, EVENTFD));
          words.named('the caller', () => words.store(DATA, 1));
          words.named('notifySettings', () => context.notifySettings());
        }),
    }),
  weakenings: [
    {
      name: 'publish-first',
      about: 'the setter looks at SLEEPS before it sets NOTIFIED',
      model: 'SC',
      weaken: looksBefore((word) => word === NOTIFIED, SLEEPS),
    },
  ],
};

const FINALIZE = 'aio_ctx_finalize';

export const CLOSE_LEFT: BuiltIn = {
  name: 'close-left',
  about: 'a thread was ended asleep; main finalizes its context while two others schedule there',
  words: { ...INBOX_WORDS, [CO_LIST]: { name: 'CO_LIST' } },
  make: () =>
    program(
      {
        main: (words) =>
          withArrays(words, [CONTEXT], () => {
            const host = exploredHost(words, EVENTFD);
            words.named(FINALIZE, () => finalizeLeft(HANDLE, null, host));
          }),
        'scheduler a': scheduler(0),
        'scheduler b': scheduler(1),
      },
      { initial: { [SLEEPS]: 2 } },
    ),
  weakenings: [
    {
      name: 'sleeps-off',
      about: 'SLEEPS stays set when the context is closed',
      model: 'SC',
      weaken: skipped(FINALIZE, SLEEPS, 0),
    },
    {
      name: 'sleeps-exchange',
      about: 'SLEEPS is cleared by a plain store when the context is closed',
      model: 'TSO',
      weaken: plainly(FINALIZE, SLEEPS),
    },
  ],
};
