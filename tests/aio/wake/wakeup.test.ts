import { describe, expect, it } from 'vitest';
import {
  bhIndex,
  bhSlot,
  FIRST_BH,
  NO_BH,
  Wakeup,
  wordsFor,
} from '../../../src/aio/wake/wakeup.ts';
import { PlainWords } from '../../../src/aio/wake/words.ts';
import {
  BH_DELETED,
  BH_IDLE,
  BH_ONESHOT,
  BH_PENDING,
  BH_SCHEDULED,
} from '../../../src/trace/bh-flags.ts';
import { Tracer } from '../../../src/trace/tracer.ts';
import { onSim } from '../../support/rig.ts';
import { attach } from '../../support/sinks.ts';

const MS = 1_000_000;
/** Slots of bottom halves. */
const [A, B, C, D, FAR] = [0, 1, 2, 3, 1000].map((i) => bhSlot(bhIndex(FIRST_BH) + i)) as [
  number,
  number,
  number,
  number,
  number,
];

function newWakeup(): Wakeup {
  return new Wakeup(new PlainWords(wordsFor(4)));
}

function listed(wakeup: Wakeup, from: number): number[] {
  const slots: number[] = [];
  for (let slot = from; slot !== NO_BH; slot = wakeup.next(slot)) {
    if (slots.includes(slot)) throw new Error(`bottom half ${slot} stands on the list twice`);
    slots.push(slot);
  }
  return slots;
}

describe('the list of bottom halves', () => {
  it('W4: a bottom half is pushed once, however often it is scheduled', () => {
    const wakeup = newWakeup();
    expect(wakeup.enqueue(A, BH_SCHEDULED)).toBe(0);
    wakeup.enqueue(B, BH_SCHEDULED);
    expect(wakeup.enqueue(A, BH_IDLE)).toBe(BH_PENDING | BH_SCHEDULED);
    expect(listed(wakeup, wakeup.first)).toEqual([B, A]);
    expect(wakeup.flags(A)).toBe(BH_PENDING | BH_SCHEDULED | BH_IDLE);
  });

  it('detach takes all, newest first; what comes later is on a new list', () => {
    const wakeup = newWakeup();
    for (const slot of [A, B, C]) wakeup.enqueue(slot, BH_SCHEDULED);
    const head = wakeup.detach();
    expect(wakeup.first).toBe(NO_BH);
    wakeup.enqueue(D, BH_SCHEDULED);
    wakeup.enqueue(B, BH_SCHEDULED);
    expect(listed(wakeup, head)).toEqual([C, B, A]);
    expect(listed(wakeup, wakeup.first)).toEqual([D]);
  });

  it('dequeue keeps the flags that outlive a round, and allows the next push', () => {
    const wakeup = newWakeup();
    const all = BH_SCHEDULED | BH_IDLE | BH_ONESHOT | BH_DELETED;
    wakeup.enqueue(A, all);
    wakeup.detach();
    expect(wakeup.dequeue(A)).toBe(all | BH_PENDING);
    expect(wakeup.flags(A)).toBe(BH_ONESHOT | BH_DELETED);
    wakeup.enqueue(A, BH_SCHEDULED);
    expect(wakeup.first).toBe(A);
  });

  it('cancel leaves the bottom half on the list', () => {
    const wakeup = newWakeup();
    wakeup.enqueue(A, BH_SCHEDULED);
    wakeup.cancel(A);
    expect(wakeup.flags(A)).toBe(BH_PENDING);
    expect(wakeup.first).toBe(A);
  });

  it('reserve makes room without losing the list', () => {
    const words = new PlainWords(wordsFor(4));
    const wakeup = new Wakeup(words);
    wakeup.enqueue(A, BH_SCHEDULED);
    words.reserve(wordsFor(bhIndex(FAR)));
    wakeup.enqueue(FAR, BH_SCHEDULED);
    expect(listed(wakeup, wakeup.first)).toEqual([FAR, A]);
  });
});

describe('sleeping and notifying', () => {
  it('W1: notify tells whether somebody sleeps', () => {
    const wakeup = newWakeup();
    expect(wakeup.notify()).toBe(0);
    wakeup.accept();
    expect(wakeup.beginSleep()).toBe(false);
    expect(wakeup.notify()).not.toBe(0);
    wakeup.endSleep();
    expect(wakeup.notify()).toBe(0);
  });

  it('W2: a context that was notified before does not sleep', () => {
    const wakeup = newWakeup();
    wakeup.notify();
    expect(wakeup.beginSleep()).toBe(true);
    wakeup.endSleep();
  });

  it('W3: accept forgets a notification once, and says whether there was one', () => {
    const wakeup = newWakeup();
    wakeup.notify();
    expect(wakeup.notified).toBe(true);
    expect(wakeup.accept()).toBe(1);
    expect(wakeup.accept()).toBe(0);
    expect(wakeup.notified).toBe(false);
  });

  it('a main loop and nested polls sleep without disturbing each other', () => {
    const wakeup = newWakeup();
    wakeup.beginSourceSleep();
    wakeup.beginSleep();
    wakeup.beginSleep();
    wakeup.endSourceSleep();
    expect(wakeup.notifyMe).not.toBe(0);
    wakeup.endSleep();
    wakeup.endSleep();
    expect(wakeup.notifyMe).toBe(0);
  });
});

describe('an AioContext that sleeps', () => {
  it(
    'is woken by a notification that comes in the middle of its sleep',
    onSim((rig) => {
      const ctx = rig.context();
      ctx.poll(false);
      ctx.timers.newTimer(0, 'guard', () => rig.log.push('guard')).modFromNowNs(300 * MS);
      ctx.poll(false);
      const startNs = rig.host.nowNs;
      rig.host.at(startNs + 20 * MS, () => ctx.notify());
      expect(ctx.poll(true)).toBe(false);
      expect(rig.host.nowNs - startNs).toBeLessThan(21 * MS);
      expect(rig.host.nowNs - startNs).toBeGreaterThanOrEqual(20 * MS);
      expect(ctx.wakeup.notifyMe).toBe(0);
      expect(ctx.wakeup.notified).toBe(false);
      expect(rig.log).toEqual([]);
    }),
  );

  it(
    'runs a bottom half at once that is scheduled in the middle of its sleep',
    onSim((rig) => {
      const ctx = rig.context();
      ctx.poll(false);
      const bh = ctx.newBottomHalf('bh', () => rig.log.push('bh'));
      rig.host.at(rig.host.nowNs + 20 * MS, () => bh.schedule());
      expect(ctx.poll(true)).toBe(true);
      expect(rig.log).toEqual(['bh']);
    }),
  );

  it(
    'is woken from epoll too',
    onSim((rig) => {
      const ctx = rig.context({ fdmon: 'epoll' });
      rig.host.at(rig.host.nowNs + 20 * MS, () => ctx.notify());
      expect(ctx.poll(true)).toBe(false);
      expect(ctx.poll(false)).toBe(false);
    }),
  );

  it(
    'does not sleep if it was notified before, and sleeps the next time',
    onSim((rig) => {
      const ctx = rig.context();
      ctx.poll(false);
      ctx.timers.newTimer(0, 'guard', () => rig.log.push('guard')).modFromNowNs(50 * MS);
      ctx.poll(false);
      ctx.notify();
      ctx.notify();
      const startNs = rig.host.nowNs;
      expect(ctx.poll(true)).toBe(false);
      expect(rig.host.nowNs - startNs).toBeLessThan(MS);
      expect(ctx.poll(true)).toBe(true);
      expect(rig.log).toEqual(['guard']);
    }),
  );

  it(
    'costs no system call to notify while nobody sleeps',
    onSim((rig) => {
      const trace = new Tracer();
      const wrote: unknown[] = [];
      attach(trace, ['aio_notify'], (_id, _time, _ctx, notifyMe, written) => {
        wrote.push([notifyMe, written]);
      });
      const ctx = rig.context({ trace });
      ctx.poll(false);
      wrote.length = 0;
      ctx.notify();
      ctx.poll(false);
      expect(wrote).toEqual([[0, 0]]);
      rig.host.at(rig.host.nowNs + MS, () => ctx.notify());
      ctx.poll(true);
      expect(wrote.at(-1)).toEqual([2, 1]);
    }),
  );

  it(
    'is awake again after a wait that threw',
    onSim((rig) => {
      const ctx = rig.context();
      ctx.poll(false);
      // Nothing can wake it: the simulated kernel refuses to block for ever.
      expect(() => ctx.poll(true)).toThrow('blocks for ever');
      expect(ctx.wakeup.notifyMe).toBe(0);
      expect(ctx.poll(false)).toBe(false);
    }),
  );

  it(
    'a second context on the same host is not disturbed',
    onSim((rig) => {
      const [one, two] = [rig.context(), rig.context()];
      one.poll(false);
      two.poll(false);
      one.notify();
      expect(two.wakeup.notified).toBe(false);
      rig.host.at(rig.host.nowNs + MS, () => two.notify());
      expect(two.poll(true)).toBe(false);
      expect(one.wakeup.notified).toBe(true);
    }),
  );
});
