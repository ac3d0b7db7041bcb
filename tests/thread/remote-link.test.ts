/** The parts that the handles of a context have in common in one thread. */

import { describe, expect, it } from 'vitest';
import { AioContext } from '../../src/aio/aio-context.ts';
import { INBOX, Inbox } from '../../src/aio/wake/inbox.ts';
import { PlainWords } from '../../src/aio/wake/words.ts';
import { SimHost } from '../../src/host/sim/threads/worker-sim-host.ts';
import { RemoteLink } from '../../src/thread/remote-link.ts';

describe('RemoteLink', () => {
  it('is one for all handles of a context that have come in one message', () => {
    const host = new SimHost();
    const context = new AioContext({ host, name: 'io0' });
    const bhs = ['a', 'b'].map((name) => context.newBottomHalf(name, () => {}));
    const sent = [...bhs.map((bh) => bh.share().context), context.share()];
    for (const handles of [sent, structuredClone(sent)]) {
      const links = new Set(handles.map((handle) => RemoteLink.of(host, handle)));
      expect(links.size).toBe(1);
    }
    for (const bh of bhs) bh.delete();
    context.poll(false);
    context.close();
  });

  it('is another one for another context, and for another host', () => {
    const [host, second] = [new SimHost(), new SimHost()];
    const contexts = ['io0', 'io1'].map((name) => new AioContext({ host, name }));
    const [one, two] = contexts.map((context) => context.share());
    const link = RemoteLink.of(host, one!);
    expect(RemoteLink.of(host, two!)).not.toBe(link);
    expect(RemoteLink.of(second, one!)).not.toBe(link);
    for (const context of contexts) context.close();
  });
});

/** Words that count how often INBOX is changed, or tried to be. */
class CountedWords extends PlainWords {
  tries = 0;

  override compareExchange(i: number, expected: number, value: number): number {
    if (i === INBOX) this.tries++;
    return super.compareExchange(i, expected, value);
  }
}

describe('a push onto the inbox', () => {
  /** How many tries ten pushes take. */
  function tries(homeTakes: boolean): number {
    const words = new CountedWords(64);
    const inbox = new Inbox(words);
    for (let i = 0; i < 10; i++) {
      inbox.push(32 + 2 * i);
      if (homeTakes) inbox.take();
    }
    return words.tries;
  }

  it('is one operation while the home thread takes each one', () => {
    expect(tries(true)).toBe(10);
  });

  it('is one operation while the home thread takes none, except the second', () => {
    expect(tries(false)).toBe(11);
  });
});
