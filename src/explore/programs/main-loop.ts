/** A whole main loop, as it is shipped. */

import type { AioContext } from '../../aio/aio-context.ts';
import { MainLoop } from '../../mainloop/main-loop.ts';
import { Source } from '../../mainloop/source.ts';
import { type BuiltIn, program } from '../built-in.ts';
import { exploredHost } from '../explored-host.ts';
import type { ExploredWords } from '../explored-words.ts';
import { withArrays } from '../shared-arrays.ts';
import { CONTEXT, EVENTFD, ROUNDS, scheduler, WEAKENINGS } from './context.ts';
import { INBOX_WORDS } from './inbox.ts';

/** Is prepared after the context: notify_me is clear before the loop sleeps. */
class ClearsNotifyMe extends Source {
  readonly #context: AioContext;

  constructor(context: AioContext) {
    super('clears notify_me', 0, false);
    this.#context = context;
  }

  prepare(): number {
    this.#context.wakeup.endSourceSleep();
    return -1;
  }

  check(): boolean {
    return false;
  }

  dispatch(): boolean {
    return true;
  }
}

function home(clearsFirst: boolean) {
  return (words: ExploredWords): void =>
    withArrays(words, [CONTEXT], () => {
      const loop = new MainLoop({ host: exploredHost(words, EVENTFD), fdmon: 'poll' });
      const { context } = loop;
      context.sharing(CONTEXT.buffer);
      let ran = 0;
      words.silently(() => {
        context.newBottomHalf('a', () => ran++).share();
        context.newBottomHalf('b', () => ran++).share();
        // The first iteration does not sleep.
        loop.mainLoopWait(true);
      });
      if (clearsFirst) loop.attachSource(new ClearsNotifyMe(context));
      for (let round = 0; ran < 2; round++) {
        if (round === ROUNDS) throw new Error('iterates in vain');
        words.named('main_loop_wait', () => loop.mainLoopWait(false));
      }
    });
}

export const MAIN_LOOP_WAIT: BuiltIn = {
  name: 'main_loop_wait',
  about:
    'two threads each schedule a bottom half of a whole MainLoop, which iterates until both ran',
  words: INBOX_WORDS,
  make: (without) =>
    program({
      'main loop': home(without === 'set-while-asleep'),
      'scheduler a': scheduler(0),
      'scheduler b': scheduler(1),
    }),
  weakenings: [
    ...WEAKENINGS,
    {
      name: 'set-while-asleep',
      about: 'aio_ctx_prepare clears NOTIFY_ME before the sleep',
      model: 'SC',
    },
  ],
};
