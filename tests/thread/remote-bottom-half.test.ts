import { describe, expect, it } from 'vitest';
import type { AioContext } from '../../src/aio/aio-context.ts';
import type { BottomHalf } from '../../src/aio/bottom-half.ts';
import { RemoteBottomHalf } from '../../src/thread/remote-bottom-half.ts';
import { Tracer } from '../../src/trace/tracer.ts';
import { hosts, onSim, type Rig, rigged } from '../support/rig.ts';
import { attach } from '../support/sinks.ts';

const MS = 1_000_000;

/** A bottom half that logs its name, and its remote. */
function shared(rig: Rig, ctx: AioContext, name: string): [BottomHalf, RemoteBottomHalf] {
  const bh = ctx.newBottomHalf(name, () => rig.log.push(name));
  return [bh, RemoteBottomHalf.from(structuredClone(bh.share()), rig.host)];
}

describe.each(hosts)('a shared bottom half on %s', (_kind, make) => {
  function on(test: (rig: Rig, ctx: AioContext) => void): () => void {
    return rigged(make, (rig) => {
      const ctx = rig.context();
      ctx.poll(false);
      test(rig, ctx);
    });
  }

  it(
    'runs once, however often and by whom it was scheduled',
    on((rig, ctx) => {
      const [bh, remote] = shared(rig, ctx, 'a');
      remote.schedule();
      bh.schedule();
      remote.schedule();
      expect([bh.scheduled, remote.scheduled]).toEqual([true, true]);
      expect(ctx.poll(true)).toBe(true);
      expect([bh.scheduled, remote.scheduled]).toEqual([false, false]);
      expect(ctx.poll(false)).toBe(false);
      expect(rig.log).toEqual(['a']);
    }),
  );

  it(
    'the last scheduled runs first, whoever scheduled it: the inbox is drained before a push',
    on((rig, ctx) => {
      const [a, remoteA] = shared(rig, ctx, 'a');
      const [, remoteB] = shared(rig, ctx, 'b');
      const c = ctx.newBottomHalf('c', () => rig.log.push('c'));
      remoteA.schedule();
      c.schedule();
      remoteB.schedule();
      ctx.scheduleOneshot('d', () => rig.log.push('d'));
      ctx.poll(true);
      expect(rig.taken()).toEqual(['d', 'b', 'c', 'a']);
      remoteB.schedule();
      a.schedule();
      remoteA.schedule();
      ctx.poll(true);
      expect(rig.taken()).toEqual(['a', 'b']);
    }),
  );

  it(
    'cancel leaves it on its list, so that it does not run, and can be scheduled anew',
    on((rig, ctx) => {
      const [, a] = shared(rig, ctx, 'a');
      const [, b] = shared(rig, ctx, 'b');
      a.schedule();
      b.schedule();
      expect(a.cancel()).toBe(true);
      expect(a.scheduled).toBe(false);
      ctx.poll(false);
      expect(rig.taken()).toEqual(['b']);
      a.schedule();
      ctx.poll(false);
      expect(rig.taken()).toEqual(['a']);
    }),
  );

  it(
    'a cancelled schedule still keeps the context from sleeping once, as its notification did',
    on((_rig, ctx) => {
      const [, a] = shared(_rig, ctx, 'a');
      a.schedule();
      a.cancel();
      expect(ctx.poll(true)).toBe(false);
    }),
  );

  it(
    'an idle one is no progress, and lets the context sleep 10 ms at most',
    on((rig, ctx) => {
      const [, a] = shared(rig, ctx, 'a');
      a.scheduleIdle();
      expect(ctx.computeTimeoutNs()).toBe(10 * MS);
      expect(ctx.poll(false)).toBe(false);
      expect(rig.taken()).toEqual(['a']);
    }),
  );

  it(
    'deleted from elsewhere it is not called, and its handle does nothing from then on',
    on((rig, ctx) => {
      const [bh, a] = shared(rig, ctx, 'a');
      a.schedule();
      expect(a.delete()).toBe(true);
      expect([a.deleted, bh.deleted]).toEqual([true, true]);
      expect(a.schedule()).toBe(true);
      expect(ctx.poll(false)).toBe(false);
      expect([a.schedule(), a.scheduleIdle(), a.cancel(), a.delete()]).toEqual(
        new Array(4).fill(false),
      );
      expect([a.deleted, a.scheduled]).toEqual([true, false]);
      expect(() => bh.schedule()).toThrow('used after it was deleted and freed');
      expect(ctx.poll(false)).toBe(false);
      expect(rig.log).toEqual([]);
    }),
  );

  it(
    'a stale handle does not touch the next owner of its slot: the generation differs',
    on((rig, ctx) => {
      const [bh, a] = shared(rig, ctx, 'a');
      const { slot } = bh.share();
      a.delete();
      ctx.poll(false);
      const next = ctx.newBottomHalf('next', () => rig.log.push('next'));
      const handle = next.share();
      const remote = RemoteBottomHalf.from(handle, rig.host);
      expect([handle.slot, handle.generation]).toEqual([slot, 1]);
      expect([a.schedule(), remote.scheduled]).toEqual([false, false]);
      remote.schedule();
      expect([a.cancel(), a.delete()]).toEqual([false, false]);
      expect([remote.scheduled, remote.deleted]).toEqual([true, false]);
      ctx.poll(false);
      expect(rig.log).toEqual(['next']);
    }),
  );

  it(
    'slots leave the words of others between them alone',
    on((rig, ctx) => {
      const names = Array.from({ length: 20 }, (_, i) => `b${i}`);
      const all = names.map((name) => shared(rig, ctx, name));
      const slots = all.map(([bh]) => bh.share().slot);
      expect(slots.slice(0, 7)).toEqual([6, 8, 10, 12, 14, 32, 34]);
      for (const [, remote] of all) remote.schedule();
      ctx.poll(false);
      expect(rig.log).toEqual(names.toReversed());
      const words = new Int32Array(ctx.share().words);
      ctx.close();
      // All handles are stale; of the words between only CLOSED is set.
      expect(slots.map((slot) => words[slot])).toEqual(slots.map(() => 256));
      expect([...words.subarray(16, 32)]).toEqual([1, ...Array.from({ length: 15 }, () => 0)]);
    }),
  );

  it(
    'shared while it is scheduled, it runs once and in its place',
    on((rig, ctx) => {
      const a = ctx.newBottomHalf('a', () => rig.log.push('a'));
      const b = ctx.newBottomHalf('b', () => rig.log.push('b'));
      a.schedule();
      b.schedule();
      const remote = RemoteBottomHalf.from(a.share(), rig.host);
      expect(remote.scheduled).toBe(true);
      remote.schedule();
      ctx.poll(false);
      ctx.poll(false);
      expect(rig.log).toEqual(['b', 'a']);
    }),
  );

  it(
    'scheduled while it runs, it runs once more; deleted while it runs, it is not called again',
    on((rig, ctx) => {
      let calls = 0;
      const bh = ctx.newBottomHalf('a', () => {
        rig.log.push(`a ${++calls}`);
        remote.schedule();
        remote.schedule();
        if (calls === 2) remote.delete();
      });
      const remote = RemoteBottomHalf.from(bh.share(), rig.host);
      remote.schedule();
      for (let i = 0; i < 4; i++) ctx.poll(false);
      expect(rig.log).toEqual(['a 1', 'a 2']);
    }),
  );

  it(
    'a nested poll runs it, and the outer round does not run it again',
    on((rig, ctx) => {
      const [, a] = shared(rig, ctx, 'a');
      const [, b] = shared(rig, ctx, 'b');
      ctx.scheduleOneshot('outer', () => {
        a.schedule();
        b.schedule();
        rig.log.push('(', `)=${ctx.poll(true)}`);
      });
      ctx.poll(true);
      ctx.poll(false);
      expect(rig.log).toEqual(['b', 'a', '(', ')=true']);
    }),
  );

  it(
    'more than a chunk holds: no slot moves, and each runs once',
    on((_rig, ctx) => {
      const ran = new Array<number>(2_000).fill(0);
      const remotes = ran.map((_, i) =>
        RemoteBottomHalf.from(ctx.newBottomHalf(`${i}`, () => ran[i]!++).share(), _rig.host),
      );
      for (const remote of remotes) remote.schedule();
      ctx.poll(true);
      expect(ran.every((count) => count === 1)).toBe(true);
      remotes[0]!.schedule();
      remotes[1_999]!.schedule();
      ctx.poll(true);
      expect([ran[0], ran[1], ran[1_999]]).toEqual([2, 1, 2]);
    }),
  );

  it(
    'a main loop runs it',
    on((rig) => {
      const loop = rig.loop();
      const bh = loop.newBottomHalf('a', () => rig.log.push('a'));
      const remote = RemoteBottomHalf.from(bh.share(), rig.host);
      loop.mainLoopWait(true);
      remote.schedule();
      loop.mainLoopWait(false);
      expect(rig.log).toEqual(['a']);
      bh.delete();
    }),
  );

  it(
    'after its context is closed, a handle does nothing',
    on((rig) => {
      const ctx = rig.context();
      const [, a] = shared(rig, ctx, 'a');
      ctx.close();
      expect([a.schedule(), a.cancel(), a.delete(), a.deleted]).toEqual([
        false,
        false,
        false,
        true,
      ]);
    }),
  );
});

describe('waking a sleeper', () => {
  it(
    'one write ends a sleep, however many are scheduled in it',
    onSim((rig) => {
      const trace = new Tracer();
      const notifications: unknown[] = [];
      attach(trace, ['aio_notify'], (_id, _time, _ctx, notifyMe, wrote) => {
        notifications.push([notifyMe, wrote]);
      });
      const ctx = rig.context();
      ctx.poll(false);
      const remotes = ['a', 'b', 'c'].map((name) => {
        const bh = ctx.newBottomHalf(name, () => rig.log.push(name));
        return RemoteBottomHalf.from(bh.share(), rig.host, { trace });
      });
      rig.host.at(rig.host.nowNs + MS, () => {
        for (const remote of remotes) remote.schedule();
      });
      expect(ctx.poll(true)).toBe(true);
      expect(rig.taken()).toEqual(['c', 'b', 'a']);
      remotes[0]!.schedule();
      expect(notifications).toEqual([
        [2, 1],
        [0, 0],
        [0, 0],
        [0, 0],
      ]);
      ctx.poll(true);
      expect(rig.taken()).toEqual(['a']);
    }),
  );

  it(
    'each sleep can be ended, also one in a callback, and one of a main loop',
    onSim((rig) => {
      const loop = rig.loop();
      const bh = loop.newBottomHalf('a', () => rig.log.push('a'));
      const a = RemoteBottomHalf.from(bh.share(), rig.host);
      loop.mainLoopWait(true);
      // A round may end at once, for an earlier notification.
      const sleepsUntilA = (round: () => unknown) => {
        rig.host.at(rig.host.nowNs + MS, () => a.schedule());
        do round();
        while (rig.taken().length === 0);
      };
      let isNestedDone = false;
      loop.context.scheduleOneshot('outer', () => {
        sleepsUntilA(() => loop.context.poll(true));
        isNestedDone = true;
      });
      loop.mainLoopWait(false);
      expect(isNestedDone).toBe(true);
      sleepsUntilA(() => loop.mainLoopWait(false));
      sleepsUntilA(() => loop.context.poll(true));
      bh.delete();
    }),
  );

  it(
    'a poll between the prepare and the sleep of a main loop does not make it deaf',
    onSim((rig) => {
      const loop = rig.loop();
      const bh = loop.newBottomHalf('a', () => rig.log.push('a'));
      const a = RemoteBottomHalf.from(bh.share(), rig.host);
      loop.mainLoopWait(true);
      loop.context.prepare();
      rig.host.at(rig.host.nowNs + MS, () => a.schedule());
      loop.context.poll(true);
      expect(rig.taken()).toEqual(['a']);
      rig.host.at(rig.host.nowNs + MS, () => a.schedule());
      loop.mainLoopWait(false);
      expect(rig.log).toEqual(['a']);
      bh.delete();
    }),
  );
});
