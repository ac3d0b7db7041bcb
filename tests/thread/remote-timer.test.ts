import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AioContext } from '../../src/aio/aio-context.ts';
import {
  QEMU_CLOCK_HOST,
  QEMU_CLOCK_REALTIME,
  QEMU_CLOCK_VIRTUAL,
  type QEMUClockType,
} from '../../src/aio/clock.ts';
import type { QemuTimer } from '../../src/aio/timer.ts';
import type { TimerListGroup } from '../../src/aio/timer-group.ts';
import { RemoteContext } from '../../src/thread/remote-context.ts';
import { RemoteTimer } from '../../src/thread/remote-timer.ts';
import { EVENT_NAMES } from '../../src/trace/catalogue.ts';
import { Tracer } from '../../src/trace/tracer.ts';
import { hosts, onSim, type Rig, rigged } from '../support/rig.ts';
import { attach } from '../support/sinks.ts';

const HOUR = 3_600e9;

/** A timer that logs its name, and its remote. */
function shared(
  rig: Rig,
  group: TimerListGroup,
  name: string,
  clock: QEMUClockType = QEMU_CLOCK_REALTIME,
): [QemuTimer, RemoteTimer] {
  const timer = group.newTimer(clock, name, () => rig.log.push(name));
  return [timer, RemoteTimer.from(structuredClone(timer.share()), rig.host)];
}

describe.each(hosts)('a shared timer on %s', (_kind, make) => {
  function on(test: (rig: Rig, ctx: AioContext, nowNs: number) => void): () => void {
    return rigged(make, (rig) => {
      const ctx = rig.context();
      ctx.poll(false);
      test(rig, ctx, ctx.clocks.nowNs(QEMU_CLOCK_REALTIME));
    });
  }

  it(
    'is armed and disarmed by either, and both see it',
    on((rig, { timers }, now) => {
      const [timer, remote] = shared(rig, timers, 'a');
      const seen = (): unknown[] => [
        timer.pending,
        remote.pending,
        timer.expireTimeNs,
        remote.expireTimeNs,
      ];
      expect(seen()).toEqual([false, false, -1, -1]);
      remote.modNs(now + HOUR);
      expect(seen()).toEqual([true, true, now + HOUR, now + HOUR]);
      timer.modNs(now + 2 * HOUR);
      expect(seen()).toEqual([true, true, now + 2 * HOUR, now + 2 * HOUR]);
      remote.del();
      expect(seen()).toEqual([false, false, -1, -1]);
      timer.modNs(now);
      expect(seen()).toEqual([true, true, now, now]);
      timer.del();
      expect(seen()).toEqual([false, false, -1, -1]);
    }),
  );

  it(
    'is called when it is due, and may be armed again then',
    on((rig, ctx, now) => {
      const [, a] = shared(rig, ctx.timers, 'a');
      const again: QemuTimer = ctx.timers.newTimer(QEMU_CLOCK_REALTIME, 'again', () => {
        rig.log.push(`again pending=${remote.pending}`);
        if (rig.log.length === 2) remote.modNs(now);
      });
      const remote = RemoteTimer.from(again.share(), rig.host);
      a.modNs(now);
      remote.modNs(now);
      expect(ctx.poll(true)).toBe(true);
      expect(rig.taken()).toEqual(['a', 'again pending=false', 'again pending=false']);
      expect([a.pending, remote.pending]).toEqual([false, false]);
      expect(ctx.poll(false)).toBe(false);
    }),
  );

  it(
    'one that a callback disarms is not called, though it was due with the callback’s',
    on((rig, ctx, now) => {
      const first = ctx.timers.newTimer(QEMU_CLOCK_REALTIME, 'first', () => b.del());
      const [, b] = shared(rig, ctx.timers, 'b');
      first.modNs(now - 1);
      b.modNs(now);
      ctx.poll(true);
      expect(rig.log).toEqual([]);
    }),
  );

  it(
    'equal deadlines: in the order of arming, whoever armed, and re-armed ones last',
    on((rig, ctx, now) => {
      const [a, remoteA] = shared(rig, ctx.timers, 'a');
      const [, remoteB] = shared(rig, ctx.timers, 'b');
      const own = ctx.timers.newTimer(QEMU_CLOCK_REALTIME, 'own', () => rig.log.push('own'));
      remoteA.modNs(now);
      remoteB.modNs(now);
      own.modNs(now);
      remoteA.modNs(now);
      ctx.poll(true);
      expect(rig.taken()).toEqual(['b', 'own', 'a']);
      own.modNs(now);
      remoteB.modNs(now);
      a.modNs(now);
      ctx.poll(true);
      expect(rig.taken()).toEqual(['own', 'b', 'a']);
    }),
  );

  it(
    'notifies only for a new first deadline, also if only the home thread knows the first',
    on((rig, ctx, now) => {
      const context = RemoteContext.from(ctx.share(), rig.host);
      const [, a] = shared(rig, ctx.timers, 'a');
      const [, b] = shared(rig, ctx.timers, 'b');
      const own = ctx.timers.newTimer(QEMU_CLOCK_REALTIME, 'own', () => {});
      const notified = (act: () => void): boolean => {
        ctx.poll(false);
        act();
        return context.notified;
      };
      expect(notified(() => a.modNs(now + 2 * HOUR))).toBe(true);
      expect(notified(() => b.modNs(now + 3 * HOUR))).toBe(false);
      expect(notified(() => b.modNs(now + 2 * HOUR))).toBe(false);
      expect(notified(() => b.modAnticipateNs(now + 3 * HOUR))).toBe(false);
      expect(b.expireTimeNs).toBe(now + 2 * HOUR);
      expect(notified(() => b.modAnticipateNs(now + HOUR))).toBe(true);
      expect(notified(() => b.del())).toBe(false);
      expect(notified(() => b.modNs(now + 2 * HOUR + 1000))).toBe(false);
      own.modNs(now + HOUR);
      expect(notified(() => b.modNs(now + HOUR))).toBe(false);
      expect(notified(() => b.modNs(now + HOUR - 1000))).toBe(true);
      own.del();
      b.del();
      // The first is a's again.
      expect(notified(() => b.modNs(now + HOUR))).toBe(true);
    }),
  );

  it(
    'a list of another clock has a first of its own',
    on((rig, ctx, now) => {
      const context = RemoteContext.from(ctx.share(), rig.host);
      const [, a] = shared(rig, ctx.timers, 'a');
      const [, b] = shared(rig, ctx.timers, 'b', QEMU_CLOCK_HOST);
      a.modNs(now - 1);
      ctx.poll(false);
      expect(rig.taken()).toEqual(['a']);
      a.modNs(now + HOUR);
      ctx.poll(false);
      b.modNs(ctx.clocks.nowNs(QEMU_CLOCK_HOST) + 2 * HOUR);
      expect(context.notified).toBe(true);
    }),
  );

  it(
    'is called in a stopped clock only when that runs',
    on((rig, ctx) => {
      const [, a] = shared(rig, ctx.timers, 'a', QEMU_CLOCK_VIRTUAL);
      a.modNs(0);
      ctx.poll(false);
      expect(rig.log).toEqual([]);
      ctx.clocks.enable(QEMU_CLOCK_VIRTUAL, true);
      ctx.poll(false);
      expect(rig.log).toEqual(['a']);
    }),
  );

  it(
    'of a main loop: schedules its qemu_notify_bh',
    rigged(make, (rig) => {
      const loop = rig.loop();
      loop.mainLoopWait(true);
      const [timer, remote] = shared(rig, loop.timers, 'a');
      remote.mod(0);
      expect(timer.pending).toBe(true);
      loop.mainLoopWait(false);
      expect(rig.log).toEqual(['a']);
    }),
  );

  it(
    'its handles are stale once it is disposed of, and its place is used again',
    on((rig, ctx, now) => {
      const [timer, remote] = shared(rig, ctx.timers, 'a');
      remote.modNs(now + HOUR);
      timer.dispose();
      expect([remote.modNs(now), remote.modAnticipateNs(now), remote.del()]).toEqual([
        false,
        false,
        false,
      ]);
      expect([remote.pending, remote.expireTimeNs]).toEqual([false, -1]);
      const [other, remoteOther] = shared(rig, ctx.timers, 'b');
      expect(other.slot).toBe(0);
      remoteOther.modNs(now);
      expect([remote.pending, remote.modNs(now + HOUR)]).toEqual([false, false]);
      timer.modNs(now);
      expect(timer.pending).toBe(true);
      ctx.poll(true);
      expect(rig.log.sort()).toEqual(['a', 'b']);
    }),
  );

  it(
    'does nothing once its context is closed',
    on((rig, ctx) => {
      const [timer, remote] = shared(rig, ctx.timers, 'a');
      remote.modNs(0);
      ctx.close();
      expect([remote.modNs(0), remote.del(), remote.pending, timer.pending]).toEqual([
        false,
        false,
        false,
        false,
      ]);
      expect(() => timer.share()).toThrow("timer_mod: 'a': the loop is closed");
    }),
  );

  it(
    'is seen in the trace of the thread that arms it',
    on((rig, { timers }) => {
      const trace = new Tracer(() => 0);
      const events: unknown[] = [];
      attach(trace, ['timer_mod', 'timer_del'], (id, _time, ...args) => {
        events.push([EVENT_NAMES[id], ...args.filter((arg) => arg !== undefined)]);
      });
      const timer = timers.newTimer(QEMU_CLOCK_REALTIME, 'a', () => {});
      const remote = RemoteTimer.from(timer.share(), rig.host, { trace });
      remote.modNs(5);
      remote.modNs(7);
      remote.del();
      remote.del();
      expect(events).toEqual([
        ['timer_mod', 'a', 'realtime', 5, 1],
        ['timer_mod', 'a', 'realtime', 7, 1],
        ['timer_del', 'a'],
      ]);
    }),
  );

  it(
    'takes units, and refuses NaN and other handles',
    on((rig, { timers }) => {
      const timer = timers.newTimer(QEMU_CLOCK_REALTIME, 'a', () => {}, undefined, 1_000_000);
      const remote = RemoteTimer.from(timer.share(), rig.host);
      remote.mod(3);
      expect(timer.expireTimeNs).toBe(3_000_000);
      remote.modAnticipate(2);
      expect(timer.expireTimeNs).toBe(2_000_000);
      remote.modNs(-5);
      expect(remote.expireTimeNs).toBe(0);
      expect(() => remote.mod(Number.NaN)).toThrow("timer 'a': the time is NaN: expected a number");
      expect(() => RemoteTimer.from({} as never, rig.host)).toThrow('QemuTimer.share');
    }),
  );

  it(
    'more than the first memory holds',
    on((rig, ctx, now) => {
      const all = Array.from({ length: 1000 }, (_, i) => shared(rig, ctx.timers, `${i}`));
      for (const [, remote] of all) remote.modNs(now);
      ctx.poll(true);
      expect(rig.log).toEqual(all.map(([{ name }]) => name));
    }),
  );
});

interface Step {
  readonly timer: number;
  /** By its own thread, or as another does it. */
  readonly remote: boolean;
  readonly act: 'mod' | 'anticipate' | 'del' | 'share' | 'dispose';
  readonly at: number;
}

const TIMERS = 6;
const steps = fc.array(
  fc.record<Step>({
    timer: fc.nat(TIMERS - 1),
    remote: fc.boolean(),
    act: fc.constantFrom('mod', 'anticipate', 'del', 'share', 'dispose'),
    at: fc.integer({ min: 1, max: 9 }),
  }),
  { maxLength: 60 },
);

/** One list, as QEMU keeps it: whoever does something to a timer does it to this. */
class Model {
  #list: { timer: number; at: number }[] = [];

  at(timer: number): number {
    return this.#list.find((one) => one.timer === timer)?.at ?? -1;
  }

  /** Returns whether it is the first. */
  mod(timer: number, at: number): boolean {
    this.del(timer);
    const place = this.#list.findIndex((one) => one.at > at);
    const index = place < 0 ? this.#list.length : place;
    this.#list.splice(index, 0, { timer, at });
    return index === 0;
  }

  del(timer: number): void {
    this.#list = this.#list.filter((one) => one.timer !== timer);
  }

  run(now: number): number[] {
    const due = this.#list.filter(({ at }) => at <= now);
    this.#list = this.#list.filter(({ at }) => at > now);
    return due.map(({ timer }) => timer);
  }

  get head(): number {
    return this.#list[0]?.at ?? -1;
  }
}

it('whoever arms, disarms and shares: one list, as a model has it', () => {
  fc.assert(
    fc.property(steps, (list) => {
      onSim((rig) => {
        const ctx = rig.context();
        const context = RemoteContext.from(ctx.share(), rig.host);
        const ran: number[] = [];
        const model = new Model();
        const base = ctx.clocks.nowNs(QEMU_CLOCK_REALTIME) + HOUR;
        const timers = Array.from({ length: TIMERS }, (_, i) =>
          ctx.timers.newTimer(QEMU_CLOCK_REALTIME, `${i}`, () => ran.push(i)),
        );
        const remotes = new Map<number, RemoteTimer>();
        for (const { timer: i, remote, act, at } of list) {
          const own = timers[i]!;
          const acting = remote ? (remotes.get(i) ?? own) : own;
          ctx.poll(false);
          let first = false;
          const sooner = model.at(i) < 0 || at < model.at(i);
          if (act === 'share') {
            remotes.set(i, RemoteTimer.from(own.share(), rig.host));
          } else if (act === 'mod') {
            acting.modNs(base + at * 1000);
            first = model.mod(i, at);
          } else if (act === 'anticipate') {
            acting.modAnticipateNs(base + at * 1000);
            first = sooner && model.mod(i, at);
          } else if (act === 'del') {
            acting.del();
            model.del(i);
          } else {
            own.dispose();
            model.del(i);
            remotes.delete(i);
          }
          expect(context.notified || ctx.sleeper.notified).toBe(first);
          const expected = timers.map((_, k) => (model.at(k) < 0 ? -1 : base + model.at(k) * 1000));
          expect(timers.map((one) => one.expireTimeNs)).toEqual(expected);
          for (const [k, one] of remotes) expect(one.expireTimeNs).toBe(expected[k]);
          const head = model.head;
          const now = ctx.clocks.nowNs(QEMU_CLOCK_REALTIME);
          // The second reading of the clock takes 1 ns.
          expect(ctx.timers.deadlineNs()).toBe(head < 0 ? -1 : base + head * 1000 - now - 1);
        }
        rig.host.advance(HOUR + 10_000);
        ctx.poll(false);
        expect(ran).toEqual(model.run(9));
        expect(ctx.timers.deadlineNs()).toBe(-1);
      })();
    }),
  );
});
