import { expect, it } from 'vitest';
import { Inbox } from '../../../src/aio/wake/inbox.ts';
import { Sleeper } from '../../../src/aio/wake/sleeper.ts';
import { Wakeup, wordsFor } from '../../../src/aio/wake/wakeup.ts';
import { PlainWords } from '../../../src/aio/wake/words.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';

function shared(): { host: SimHost; wakeup: Wakeup; sleeper: Sleeper; inbox: Inbox } {
  const host = new SimHost();
  const wakeup = new Wakeup(new PlainWords(wordsFor(1)));
  const sleeper = new Sleeper(host, wakeup);
  const inbox = new Inbox(new PlainWords(16));
  sleeper.share(inbox);
  return { host, wakeup, sleeper, inbox };
}

it('after a wait in which another thread took on to write, the eventfd counts as written', () => {
  const { host, wakeup, sleeper, inbox } = shared();
  wakeup.beginSleep();
  sleeper.enter();
  sleeper.leave();
  expect(sleeper.isQuiet).toBe(true);
  sleeper.enter();
  inbox.claim();
  sleeper.leave();
  expect(sleeper.isQuiet).toBe(false);
  sleeper.clear();
  expect(sleeper.isQuiet).toBe(true);
  inbox.written();
  sleeper.close(host);
});

it('also after a wait that threw', () => {
  const { host, wakeup, sleeper } = shared();
  wakeup.beginSleep();
  sleeper.enter();
  sleeper.enter();
  expect(sleeper.isQuiet).toBe(false);
  sleeper.close(host);
});

it('SLEEPS is notify_me within a wait, and 0 outside', () => {
  const { host, wakeup, sleeper, inbox } = shared();
  wakeup.beginSourceSleep();
  wakeup.beginSleep();
  expect(inbox.notifyMe).toBe(0);
  sleeper.enter();
  expect(inbox.notifyMe).toBe(3);
  sleeper.leave();
  expect(inbox.notifyMe).toBe(0);
  sleeper.close(host);
});

it('the descriptor stays open if a thread that was about to write it is gone', () => {
  const { host, wakeup, sleeper, inbox } = shared();
  const { fd } = sleeper.notifier;
  wakeup.beginSleep();
  sleeper.enter();
  inbox.claim();
  sleeper.leave();
  sleeper.close(host);
  expect(sleeper.notifier.fd).toBe(fd);
  inbox.written();
  sleeper.close(host);
  expect(sleeper.notifier.fd).toBe(-1);
});
