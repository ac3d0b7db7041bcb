import { describe, expect, it } from 'vitest';
import {
  QEMU_CLOCK_HOST,
  QEMU_CLOCK_REALTIME,
  QEMU_CLOCK_VIRTUAL,
  QEMU_CLOCK_VIRTUAL_RT,
  type QEMUClockType,
  SCALE_MS,
  SCALE_US,
} from '../../src/aio/clock.ts';
import type { QemuTimer } from '../../src/aio/timer.ts';
import { TimerListGroup } from '../../src/aio/timer-group.ts';
import { onSim, type Rig } from '../support/rig.ts';

const MS = 1_000_000;

function named(
  rig: Rig,
  group: TimerListGroup,
  type: QEMUClockType,
  ...names: string[]
): QemuTimer[] {
  return names.map((name) => group.newTimer(type, name, () => rig.log.push(name)));
}

describe('the properties of a timer', () => {
  it(
    'modIn counts from now, in ms whatever its own units are',
    onSim((rig) => {
      const { timers } = rig.context();
      const timer = timers.newTimer(QEMU_CLOCK_REALTIME, 't', () => {}, undefined, SCALE_US);
      const beforeNs = rig.host.nowNs;
      timer.modIn(2.5);
      expect(timer.expireTimeNs).toBeGreaterThanOrEqual(beforeNs + 2_500_000);
      expect(timer.expireTimeNs).toBeLessThan(beforeNs + 2_500_100);
      expect(() => timer.modIn('5' as unknown as number)).toThrow("the time is '5'");
    }),
  );

  it(
    'is pending from arming to its callback',
    onSim((rig) => {
      const { timers } = rig.context();
      const timer: QemuTimer = timers.newTimer(QEMU_CLOCK_REALTIME, 't', () => {
        rig.log.push(`pending ${timer.pending}`);
      });
      expect(timer.pending).toBe(false);
      expect(timer.expireTimeNs).toBe(-1);
      timer.modNs(1);
      expect(timer.pending).toBe(true);
      expect(timer.expired(0)).toBe(false);
      expect(timer.expired(1)).toBe(true);
      expect(timers.run()).toBe(true);
      expect(rig.log).toEqual(['pending false']);
      expect(timer.expired(1)).toBe(false);
      expect(timers.run()).toBe(false);
    }),
  );

  it(
    'counts a negative deadline as 0',
    onSim((rig) => {
      const [timer] = named(rig, rig.context().timers, QEMU_CLOCK_REALTIME, 't');
      timer!.modNs(-5);
      expect(timer!.expireTimeNs).toBe(0);
    }),
  );

  it(
    'anticipate only makes a deadline earlier',
    onSim((rig) => {
      const [timer] = named(rig, rig.context().timers, QEMU_CLOCK_REALTIME, 't');
      timer!.modAnticipateNs(200);
      expect(timer!.expireTimeNs).toBe(200);
      timer!.modAnticipateNs(300);
      expect(timer!.expireTimeNs).toBe(200);
      timer!.modAnticipateNs(100);
      expect(timer!.expireTimeNs).toBe(100);
    }),
  );

  it(
    'takes times in its own units',
    onSim((rig) => {
      const { timers } = rig.context();
      const ms = timers.newTimer(QEMU_CLOCK_REALTIME, 'ms', () => {}, undefined, SCALE_MS);
      const us = timers.newTimer(QEMU_CLOCK_REALTIME, 'us', () => {}, undefined, SCALE_US);
      ms.mod(3);
      us.modAnticipate(3);
      expect([ms.expireTimeNs, us.expireTimeNs]).toEqual([3_000_000, 3_000]);
    }),
  );

  it(
    'passes its opaque, and refuses a clock that does not exist',
    onSim((rig) => {
      const { timers } = rig.context();
      timers.newTimer(QEMU_CLOCK_REALTIME, 't', (opaque) => rig.log.push(opaque), 'mine').modNs(0);
      timers.run();
      expect(rig.log).toEqual(['mine']);
      expect(() => timers.newTimer(4 as QEMUClockType, 't', () => {})).toThrow('no clock 4');
    }),
  );

  it(
    'clamps times to the end of int64_t',
    onSim((rig) => {
      const { timers } = rig.context();
      const [timer] = named(rig, timers, QEMU_CLOCK_REALTIME, 't');
      timer!.modNs(Number.POSITIVE_INFINITY);
      expect(timer!.expireTimeNs).toBe(2 ** 63);
      expect(timers.run()).toBe(false);
      timer!.del();
    }),
  );

  it(
    'refuses a time that is not a number, and stays as it was',
    onSim((rig) => {
      const { timers } = rig.context();
      const [timer, other] = named(rig, timers, QEMU_CLOCK_REALTIME, 't', 'other');
      timer!.modNs(5);
      for (const wrong of [Number.NaN, undefined, null, '5', 5n, [5]] as number[]) {
        for (const arm of ['mod', 'modNs', 'modAnticipate', 'modAnticipateNs', 'modFromNowNs']) {
          const call = () => timer![arm as 'mod'](wrong);
          expect(call, `${arm} ${String(wrong)}`).toThrow(RangeError);
          expect(call).toThrow(/^timer 't': the time is .*: expected a number$/);
        }
      }
      expect(timer!.expireTimeNs).toBe(5);
      other!.modNs(1);
      timers.run();
      expect(rig.log).toEqual(['other', 't']);
    }),
  );
});

describe('newTimer', () => {
  it(
    'refuses an invalid clock, function or scale',
    onSim((rig) => {
      const { timers } = rig.context();
      const make = (clock: number, callback: () => void, scale?: number) => () =>
        timers.newTimer(clock as QEMUClockType, 't', callback, undefined, scale);
      expect(make(7, () => {})).toThrow('there is no clock 7: expected 0 to 3');
      const none = undefined as unknown as () => void;
      expect(make(0, none)).toThrow("timer 't': its callback is undefined: expected a function");
      for (const scale of [0, Number.NaN]) expect(make(0, () => {}, scale)).toThrow(RangeError);
    }),
  );
});

describe('a round of timers', () => {
  it(
    'runs in order of deadline, and among equals in order of arming',
    onSim((rig) => {
      const ctx = rig.context();
      const [a, b, c, d] = named(rig, ctx.timers, QEMU_CLOCK_REALTIME, 'a', 'b', 'c', 'd');
      d!.modNs(1000);
      a!.modNs(1000);
      c!.modNs(500);
      b!.modNs(1000);
      d!.modNs(1000);
      expect(ctx.poll(false)).toBe(true);
      expect(rig.log).toEqual(['c', 'a', 'b', 'd']);
    }),
  );

  it(
    'runs a timer that a callback arms in the past before later deadlines',
    onSim((rig) => {
      const ctx = rig.context();
      const [b, c] = named(rig, ctx.timers, QEMU_CLOCK_REALTIME, 'b', 'c');
      const a = ctx.timers.newTimer(QEMU_CLOCK_REALTIME, 'a', () => {
        rig.log.push('a');
        c!.modNs(1);
      });
      a.modNs(10);
      b!.modNs(20);
      ctx.poll(false);
      expect(rig.log).toEqual(['a', 'c', 'b']);
    }),
  );

  it(
    'reads the clock once: a timer armed for now waits for the next round',
    onSim((rig) => {
      const ctx = rig.context();
      const timer: QemuTimer = ctx.timers.newTimer(QEMU_CLOCK_REALTIME, 't', () => {
        rig.log.push('t');
        if (rig.log.length < 3) timer.modFromNowNs(0);
      });
      timer.modNs(1);
      expect([1, 2, 3, 4].map(() => ctx.poll(false))).toEqual([true, true, true, false]);
      expect(rig.log).toEqual(['t', 't', 't']);
    }),
  );

  it(
    'does not run timers that a callback disarms or postpones',
    onSim((rig) => {
      const ctx = rig.context();
      const [b, c] = named(rig, ctx.timers, QEMU_CLOCK_REALTIME, 'b', 'c');
      ctx.timers
        .newTimer(QEMU_CLOCK_REALTIME, 'a', () => {
          rig.log.push('a');
          b!.del();
          c!.modFromNowNs(3600e9);
        })
        .modNs(1);
      b!.modNs(2);
      c!.modNs(3);
      ctx.poll(false);
      ctx.poll(false);
      expect(rig.log).toEqual(['a']);
      expect([b!.pending, c!.pending]).toEqual([false, true]);
    }),
  );

  it(
    'goes clock by clock; a timer that a later clock arms on an earlier one waits',
    onSim((rig) => {
      const ctx = rig.context();
      const order = [
        [QEMU_CLOCK_VIRTUAL_RT, 'virtual_rt'],
        [QEMU_CLOCK_HOST, 'host'],
        [QEMU_CLOCK_VIRTUAL, 'virtual'],
      ] as const;
      ctx.clocks.enable(QEMU_CLOCK_VIRTUAL, true);
      for (const [type, name] of order) named(rig, ctx.timers, type, name)[0]!.modNs(1);
      const [again] = named(rig, ctx.timers, QEMU_CLOCK_REALTIME, 'again');
      ctx.timers
        .newTimer(QEMU_CLOCK_HOST, 'host arms', () => {
          again!.modNs(1);
        })
        .modNs(2);
      ctx.poll(false);
      expect(rig.taken()).toEqual(['virtual', 'host', 'virtual_rt']);
      ctx.poll(false);
      expect(rig.taken()).toEqual(['again']);
    }),
  );

  it(
    'a callback that throws leaves the others armed',
    onSim((rig) => {
      const ctx = rig.context();
      const [later] = named(rig, ctx.timers, QEMU_CLOCK_REALTIME, 'later');
      const bad = ctx.timers.newTimer(QEMU_CLOCK_REALTIME, 'bad', () => {
        throw new Error('bad timer');
      });
      bad.modNs(1);
      later!.modNs(2);
      expect(() => ctx.poll(false)).toThrow('bad timer');
      expect(bad.pending).toBe(false);
      expect(ctx.poll(false)).toBe(true);
      expect(rig.log).toEqual(['later']);
    }),
  );
});

describe('deadlines', () => {
  it(
    'are the soonest of all running clocks, 0 if due, -1 if there is none',
    onSim((rig) => {
      const ctx = rig.context();
      const [real] = named(rig, ctx.timers, QEMU_CLOCK_REALTIME, 'real');
      const [virtual] = named(rig, ctx.timers, QEMU_CLOCK_VIRTUAL, 'virtual');
      expect(ctx.timers.deadlineNs()).toBe(-1);
      virtual!.modNs(0);
      expect(ctx.timers.deadlineNs()).toBe(-1);
      real!.modFromNowNs(5 * MS);
      const deadlineNs = ctx.timers.deadlineNs();
      expect(deadlineNs).toBeGreaterThan(4 * MS);
      expect(deadlineNs).toBeLessThanOrEqual(5 * MS);
      ctx.clocks.enable(QEMU_CLOCK_VIRTUAL, true);
      expect(ctx.timers.deadlineNs()).toBe(0);
    }),
  );

  it(
    'notify only if they become the first of their list',
    onSim((rig) => {
      const ctx = rig.context();
      let notified = 0;
      const timers = new TimerListGroup(ctx.clocks, ctx.trace, () => notified++);
      const [a, b] = named(rig, timers, QEMU_CLOCK_REALTIME, 'a', 'b');
      a!.modNs(100);
      expect(notified).toBe(1);
      b!.modNs(100);
      b!.modNs(200);
      expect(notified).toBe(1);
      b!.modNs(50);
      expect(notified).toBe(2);
      b!.del();
      expect(notified).toBe(2);
      timers.close();
    }),
  );

  it(
    'a blocking poll sleeps exactly to the deadline',
    onSim((rig) => {
      const ctx = rig.context();
      ctx.poll(false);
      const [timer] = named(rig, ctx.timers, QEMU_CLOCK_REALTIME, 't');
      timer!.modNs(rig.host.nowNs + 100_000);
      const dueNs = timer!.expireTimeNs;
      ctx.poll(false);
      expect(ctx.poll(true)).toBe(true);
      expect(rig.host.nowNs - dueNs).toBeLessThan(100);
    }),
  );
});

describe('on the host clock', () => {
  it(
    'deadlines are in order to the ns, and far from now too',
    onSim((rig) => {
      const ctx = rig.context();
      const spans = [300, 50, 20, 256, 255, 1, 0, 128, 129, 127, 2];
      const timers = named(rig, ctx.timers, QEMU_CLOCK_HOST, ...spans.map(String));
      // Each look at the clock takes 1 ns.
      spans.forEach((span, i) => {
        timers[i]!.modFromNowNs(span);
      });
      const [first, second] = named(rig, ctx.timers, QEMU_CLOCK_HOST, 'first', 'second');
      second!.modNs(2);
      first!.modNs(1);
      rig.host.advance(1000);
      ctx.poll(false);
      const due = spans.map((span, i) => ({ name: String(span), at: span + i }));
      const order = due.sort((a, b) => a.at - b.at).map(({ name }) => name);
      expect(rig.log).toEqual(['first', 'second', ...order]);
    }),
  );

  it.each([1, 100, 255, 256, 1000, 1_000_001])(
    'a poll sleeps %i ns, not more and not less',
    (span) => {
      onSim((rig) => {
        const ctx = rig.context();
        ctx.poll(false);
        const [timer] = named(rig, ctx.timers, QEMU_CLOCK_HOST, 't');
        const startNs = rig.host.nowNs;
        timer!.modFromNowNs(span);
        ctx.poll(false);
        while (rig.log.length === 0) ctx.poll(true);
        const tookNs = rig.host.nowNs - startNs;
        expect(tookNs).toBeGreaterThanOrEqual(span);
        expect(tookNs).toBeLessThan(span + 20);
      })();
    },
  );

  it(
    'one that is due earlier by what the number leaves out is anticipated',
    onSim((rig) => {
      const [timer] = named(rig, rig.context().timers, QEMU_CLOCK_HOST, 't');
      timer!.modFromNowNs(100);
      const { expireTimeNs, restNs } = timer!;
      expect(restNs).not.toBe(0);
      timer!.modAnticipateNs(expireTimeNs);
      expect(timer!.restNs).toBe(Math.min(restNs, 0));
    }),
  );
});

describe('closing a group', () => {
  it(
    'disarms its timers and stops listening to clocks',
    onSim((rig) => {
      const ctx = rig.context();
      let notified = 0;
      const timers = new TimerListGroup(ctx.clocks, ctx.trace, () => notified++);
      const [timer] = named(rig, timers, QEMU_CLOCK_REALTIME, 't');
      timer!.modNs(1);
      timers.close();
      expect(timer!.pending).toBe(false);
      notified = 0;
      ctx.clocks.enable(QEMU_CLOCK_VIRTUAL, true);
      expect(notified).toBe(0);
      expect(timers.run()).toBe(false);
    }),
  );

  it(
    'from one of its callbacks ends the round',
    onSim((rig) => {
      const ctx = rig.context();
      const timers = new TimerListGroup(ctx.clocks, ctx.trace, () => {});
      const [never] = named(rig, timers, QEMU_CLOCK_REALTIME, 'never');
      timers.newTimer(QEMU_CLOCK_REALTIME, 't', () => timers.close()).modNs(1);
      never!.modNs(2);
      expect(timers.run()).toBe(true);
      expect(rig.log).toEqual([]);
    }),
  );
});
