import { afterEach, describe, expect, it } from 'vitest';
import type { AioContext } from '../../src/aio/aio-context.ts';
import type { Inbox } from '../../src/aio/wake/inbox.ts';
import type { Disposable } from '../../src/host/host.ts';
import { MessageBox, RemoteMessageBox } from '../../src/thread/message-box.ts';
import { RemoteBottomHalf } from '../../src/thread/remote-bottom-half.ts';
import { RemoteContext } from '../../src/thread/remote-context.ts';
import { Tracer } from '../../src/trace/tracer.ts';
import { hosts, onSim, type Rig, rigged } from '../support/rig.ts';
import { attach } from '../support/sinks.ts';

const MS = 1_000_000;

const opened: Disposable[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.dispose();
});

describe.each(hosts)('a remote context on %s', (_kind, make) => {
  function on(test: (rig: Rig, ctx: AioContext, remote: RemoteContext) => void): () => void {
    return rigged(make, (rig) => {
      const ctx = rig.context();
      ctx.poll(false);
      test(rig, ctx, RemoteContext.from(structuredClone(ctx.share()), rig.host));
    });
  }

  it(
    'notify before a poll is kept: it does not sleep, and no eventfd is written',
    on((rig, ctx, remote) => {
      remote.notify();
      expect(rig.drain(ctx.notifierFd)).toBeLessThan(0);
      expect(ctx.poll(true)).toBe(false);
      expect(rig.drain(ctx.notifierFd)).toBeLessThan(0);
    }),
  );

  it(
    'a notification is told when it is accepted',
    on((rig, _ctx) => {
      const trace = new Tracer();
      const accepted: unknown[] = [];
      attach(trace, ['aio_notify_accept'], (_id, _time, _name, notified) =>
        accepted.push(notified),
      );
      const ctx = rig.context({ trace });
      const remote = RemoteContext.from(ctx.share(), rig.host);
      while (ctx.poll(false));
      accepted.length = 0;
      remote.notify();
      ctx.poll(false);
      ctx.poll(false);
      expect(accepted).toEqual([1, 0]);
    }),
  );

  it(
    'a hundred notifications are one',
    on((rig, ctx, remote) => {
      for (let i = 0; i < 100; i++) remote.notify();
      expect(ctx.poll(true)).toBe(false);
      const timer = ctx.timers.newTimer(0, 'timer', () => rig.log.push('timer'));
      timer.modFromNowNs(MS);
      while (!ctx.poll(true));
      expect(rig.log).toEqual(['timer']);
    }),
  );

  it(
    'holds external handlers back, together with the home thread, and is no work for it',
    on((rig, ctx, remote) => {
      const fd = rig.eventfd(1);
      ctx.setFdHandler(fd, {
        isExternal: true,
        ioRead: () => rig.log.push(`read ${rig.drain(fd)}`),
      });
      ctx.disableExternal();
      remote.disableExternal();
      expect([ctx.poll(false), rig.log]).toEqual([false, []]);
      ctx.enableExternal();
      expect([ctx.poll(false), remote.notified]).toEqual([false, false]);
      remote.enableExternal();
      expect([remote.notified, ctx.poll(true), rig.log]).toEqual([true, true, ['read 8']]);
      const tooOften = "aio_enable_external: Assertion `old > 0' failed.";
      expect(() => remote.enableExternal()).toThrow(tooOften);
      expect(() => ctx.enableExternal()).toThrow(tooOften);
      ctx.setFdHandler(fd, null);
    }),
  );

  it(
    'cannot hold external handlers of QEMU 11 back',
    rigged(make, (rig) => {
      const remote = RemoteContext.from(rig.context({ qemu: '11' }).share(), rig.host);
      expect(() => remote.disableExternal()).toThrow('aio_disable_external: QEMU 11 has no such');
      expect(() => remote.enableExternal()).toThrow('aio_enable_external: QEMU 11 has no such');
    }),
  );

  it(
    'an entry is called with its numbers, as a one-shot: the last scheduled first',
    on((rig, ctx, remote) => {
      ctx.newEntry('sum', (...numbers) => rig.log.push(`sum ${numbers}`));
      remote.scheduleOneshot('sum');
      ctx.scheduleOneshot('own', () => rig.log.push('own'));
      expect(remote.scheduleOneshot('sum', 1.5, -2, 2 ** 40)).toBe(true);
      remote.scheduleOneshot('sum', 1, 2, 3, 4, 5, 6);
      expect(() => remote.scheduleOneshot('sum', 1, 'x' as never)).toThrow(
        new TypeError(
          "entry 'sum': 'x' is no number: other values go by shared memory, or by a MessageBox",
        ),
      );
      expect(ctx.poll(true)).toBe(true);
      expect(rig.taken()).toEqual(['sum 1,2,3,4,5,6', 'sum 1.5,-2,1099511627776', 'own', 'sum ']);
      expect(ctx.poll(false)).toBe(false);
    }),
  );

  it(
    'entries that came after the handle are known, the latest of a name, and none that was disposed',
    on((rig, ctx, remote) => {
      ctx.newEntry('a', () => rig.log.push('a'));
      remote.scheduleOneshot('a');
      const latest = ctx.newEntry('a', () => rig.log.push('latest a'));
      remote.scheduleOneshot('a');
      ctx.poll(true);
      expect(rig.taken()).toEqual(['latest a', 'a']);
      remote.scheduleOneshot('a');
      latest.dispose();
      ctx.poll(true);
      expect(rig.log).toEqual([]);
    }),
  );

  it(
    'thousands of calls may wait, and their memory is used again',
    on((_rig, ctx, remote) => {
      const seen: number[] = [];
      ctx.newEntry('add', (n) => seen.push(n!));
      for (let round = 0; round < 2; round++) {
        for (let i = 0; i < 5_000; i++) remote.scheduleOneshot('add', i);
        ctx.poll(true);
        expect(seen.splice(0)).toEqual(Array.from({ length: 5_000 }, (_, i) => 4_999 - i));
      }
      expect(ctx.share().calls.byteLength).toBe(128 * 4096);
    }),
  );

  it(
    'says what is wrong with a call',
    on((_rig, ctx, remote) => {
      expect(() => remote.scheduleOneshot('a')).toThrow("no entry 'a': it has none");
      ctx.newEntry('a', () => {});
      ctx.newEntry('b', () => {});
      expect(() => remote.scheduleOneshot('c')).toThrow("no entry 'c': it has 'a', 'b'");
      expect(() => remote.scheduleOneshot('a', 1, 2, 3, 4, 5, 6, 7)).toThrow('expected up to 6');
      expect(() => ctx.newEntry('a\nb', () => {})).toThrow('one line');
      expect(() => ctx.newEntry('x'.repeat(9_000), () => {})).toThrow('more than 8192 bytes');
      expect(() => RemoteContext.from({} as never, _rig.host)).toThrow('AioContext.share');
    }),
  );

  it(
    'after its context is closed it does nothing',
    on((rig) => {
      const ctx = rig.context();
      ctx.newEntry('a', () => {});
      const remote = RemoteContext.from(ctx.share(), rig.host);
      ctx.close();
      remote.notify();
      expect(remote.scheduleOneshot('a')).toBe(false);
    }),
  );

  it(
    'messages arrive in order; those after one whose listener throws come in the next round',
    on((rig, ctx) => {
      const box = new MessageBox(ctx, (message) => {
        rig.log.push(JSON.stringify(message));
        if (message === 'bad') throw new Error('bad message');
      });
      const handle = box.share();
      const remote = RemoteMessageBox.from(handle, rig.host);
      opened.push(remote, box);
      remote.post({ n: 1 });
      remote.post('bad');
      expect(remote.post([3])).toBe(true);
      expect(() => ctx.poll(true)).toThrow('bad message');
      ctx.poll(true);
      expect(rig.taken()).toEqual(['{"n":1}', '"bad"', '[3]']);
      box.dispose();
      ctx.poll(false);
      expect(remote.post('late')).toBe(false);
    }),
  );
});

describe('notify_me, for a thread that looks', () => {
  it(
    'is 2 while aio_poll sleeps, 1 while a main loop does, and 0 otherwise',
    onSim((rig) => {
      const ctx = rig.context();
      ctx.poll(false);
      const remote = RemoteContext.from(ctx.share(), rig.host);
      const seen = [remote.notifyMe];
      rig.host.at(rig.host.nowNs + MS, () => {
        seen.push(remote.notifyMe);
        remote.notify();
        seen.push(remote.notifyMe);
      });
      ctx.poll(true);
      expect(seen).toEqual([0, 2, 0]);
      const loop = rig.loop();
      loop.mainLoopWait(true);
      const ofLoop = RemoteContext.from(loop.context.share(), rig.host);
      rig.host.at(rig.host.nowNs + MS, () => {
        seen.push(ofLoop.notifyMe);
        ofLoop.notify();
      });
      loop.mainLoopWait(false);
      expect(seen.at(-1)).toBe(1);
      expect(ofLoop.notifyMe).toBe(0);
    }),
  );

  it(
    'a notification between the prepare and the sleep of a main loop ends it; one before does not',
    onSim((rig) => {
      const loop = rig.loop();
      loop.mainLoopWait(true);
      const remote = RemoteContext.from(loop.context.share(), rig.host);
      loop.context.timers.newTimer(0, 'guard', () => rig.log.push('guard')).modFromNowNs(10 * MS);
      loop.mainLoopWait(true);
      remote.notify();
      loop.mainLoopWait(false);
      expect(rig.taken()).toEqual(['guard']);
      loop.addPollNotifier((poll) => {
        if (poll.state === 'FILL') rig.log.push('fill');
      });
      loop.context.prepare();
      remote.notify();
      loop.mainLoopWait(false);
      expect(rig.log).toEqual(['fill']);
    }),
  );
});

describe('the trace of a remote', () => {
  it(
    'names the same bottom half as its call does, and comes before it',
    onSim((rig) => {
      const trace = new Tracer(() => 0, { tid: 7, name: 'other' });
      const home = new Tracer();
      const events: unknown[] = [];
      let inbox: Inbox | null = null;
      attach(trace, ['aio_bh_enqueue'], (_id, _time, ctx, name, _old, _flags, bh) => {
        events.push(['enqueue', ctx, name, bh]);
        // Nobody can have called it yet.
        if (name === 'bh') expect(inbox!.isEmpty).toBe(true);
      });
      attach(home, ['aio_bh_call_begin'], (_id, _time, ctx, name, _flags, bh) => {
        events.push(['call', ctx, name, bh]);
      });
      const ctx = rig.context({ trace: home, name: 'io0' });
      ctx.newEntry('entry', () => {});
      const remote = RemoteContext.from(ctx.share(), rig.host, { trace });
      const bh = ctx.newBottomHalf('bh', () => {});
      remote.scheduleOneshot('entry', 5);
      inbox = ctx.sharing().inbox;
      ctx.bottomHalves.shared!.drain();
      RemoteBottomHalf.from(bh.share(), rig.host, { trace }).schedule();
      ctx.poll(true);
      expect(events).toEqual([
        ['enqueue', 'io0', 'entry', expect.any(Number)],
        ['enqueue', 'io0', 'bh', expect.any(Number)],
        ['call', 'io0', 'bh', (events as unknown[][])[1]!.at(-1)],
        ['call', 'io0', 'entry', (events as unknown[][])[0]!.at(-1)],
      ]);
    }),
  );
});
