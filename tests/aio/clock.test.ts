import { describe, expect, it } from 'vitest';
import {
  CLOCK_NAMES,
  Clocks,
  clockType,
  QEMU_CLOCK_HOST,
  QEMU_CLOCK_MAX,
  QEMU_CLOCK_REALTIME,
  QEMU_CLOCK_VIRTUAL,
  QEMU_CLOCK_VIRTUAL_RT,
  soonestTimeout,
} from '../../src/aio/clock.ts';
import { hosts, onSim, rigged } from '../support/rig.ts';

describe('the clocks', () => {
  it('have QEMU’s numbers and order', () => {
    expect(CLOCK_NAMES).toEqual(['realtime', 'virtual', 'host', 'virtual_rt']);
    expect(CLOCK_NAMES.length).toBe(QEMU_CLOCK_MAX);
    expect(CLOCK_NAMES.map(clockType)).toEqual([0, 1, 2, 3]);
  });

  it(
    'are the host’s monotonic time and its wall clock',
    onSim((rig) => {
      const clocks = new Clocks(rig.host);
      for (const type of [QEMU_CLOCK_REALTIME, QEMU_CLOCK_VIRTUAL_RT]) {
        const before = rig.host.nowNs;
        expect(clocks.nowNs(type)).toBe(before);
      }
      expect(clocks.nowNs(QEMU_CLOCK_HOST)).toBeGreaterThanOrEqual(1.6e18);
    }),
  );

  it(
    'virtual stands while stopped, and goes on from there',
    onSim((rig) => {
      const clocks = new Clocks(rig.host);
      expect(clocks.isEnabled(QEMU_CLOCK_VIRTUAL)).toBe(false);
      const start = clocks.nowNs(QEMU_CLOCK_VIRTUAL);
      rig.host.advance(5_000_000);
      expect(clocks.nowNs(QEMU_CLOCK_VIRTUAL)).toBe(start);
      clocks.enable(QEMU_CLOCK_VIRTUAL, true);
      rig.host.advance(1_000_000);
      clocks.enable(QEMU_CLOCK_VIRTUAL, false);
      const ran = clocks.nowNs(QEMU_CLOCK_VIRTUAL) - start;
      expect(ran).toBeGreaterThanOrEqual(1_000_000);
      expect(ran).toBeLessThan(1_000_010);
      rig.host.advance(5_000_000);
      expect(clocks.nowNs(QEMU_CLOCK_VIRTUAL) - start).toBe(ran);
    }),
  );

  it(
    'tell their listeners when they start, once, and not those that left',
    onSim((rig) => {
      const clocks = new Clocks(rig.host);
      const listener = { isRunning: false, clockEnabled: () => rig.log.push('one') };
      const other = { isRunning: false, clockEnabled: () => rig.log.push('other') };
      clocks.listen(QEMU_CLOCK_VIRTUAL, listener);
      clocks.listen(QEMU_CLOCK_VIRTUAL, other);
      clocks.enable(QEMU_CLOCK_VIRTUAL, true);
      clocks.enable(QEMU_CLOCK_VIRTUAL, true);
      clocks.enable(QEMU_CLOCK_VIRTUAL, false);
      clocks.unlisten(QEMU_CLOCK_VIRTUAL, other);
      clocks.unlisten(QEMU_CLOCK_VIRTUAL, other);
      clocks.enable(QEMU_CLOCK_VIRTUAL, true);
      expect(rig.log).toEqual(['one', 'other', 'one']);
    }),
  );

  it(
    'a clock that starts ends the sleep of a context that has a timer on it',
    onSim((rig) => {
      const ctx = rig.context();
      ctx.poll(false);
      ctx.timers.newTimer(QEMU_CLOCK_VIRTUAL, 't', () => rig.log.push('t')).modNs(1);
      ctx.poll(false);
      rig.host.at(rig.host.nowNs + 1000, () => ctx.clocks.enable(QEMU_CLOCK_VIRTUAL, true));
      ctx.poll(true);
      expect(rig.log).toEqual(['t']);
    }),
  );

  it.each([
    [-1, -1, -1],
    [-1, 5, 5],
    [5, -1, 5],
    [0, -1, 0],
    [3, 5, 3],
    [5, 3, 3],
  ])('the sooner of %d and %d is %d', (a, b, sooner) => {
    expect(soonestTimeout(a, b)).toBe(sooner);
  });
});

describe('a clock that is disabled', () => {
  it(
    'in a callback of one of its own timers is refused, and goes on',
    onSim((rig) => {
      const ctx = rig.context();
      const { clocks, timers } = ctx;
      const bh = ctx.newBottomHalf('b', () => clocks.enable(QEMU_CLOCK_HOST, false));
      const timer = timers.newTimer(QEMU_CLOCK_HOST, 't', () => {
        clocks.enable(QEMU_CLOCK_REALTIME, false);
        clocks.enable(QEMU_CLOCK_REALTIME, true);
        bh.schedule();
        ctx.poll(false);
      });
      timer.modNs(1);
      expect(() => ctx.poll(false)).toThrow(/^qemu_clock_enable: the host clock is disabled/);
      expect(clocks.isEnabled(QEMU_CLOCK_HOST)).toBe(true);
      // The callback is over.
      bh.schedule();
      ctx.poll(false);
      expect(clocks.isEnabled(QEMU_CLOCK_HOST)).toBe(false);
    }),
  );
});

describe.each(hosts)('on %s', (_kind, make) => {
  it(
    'the host clock moves on between two readings, if its rest is counted',
    rigged(make, (rig) => {
      const clocks = new Clocks(rig.host);
      let before = 0;
      let beforeRest = 0;
      for (let i = 0; i < 1000; i++) {
        const ns = clocks.nowNs(QEMU_CLOCK_HOST);
        const rest = clocks.restNs(QEMU_CLOCK_HOST);
        expect(Math.abs(rest)).toBeLessThanOrEqual(128);
        if (i > 0) expect(ns - before + (rest - beforeRest)).toBeGreaterThan(0);
        [before, beforeRest] = [ns, rest];
      }
      expect(clocks.restNs(QEMU_CLOCK_REALTIME)).toBe(0);
    }),
  );

  it(
    'time does not go back',
    rigged(make, (rig) => {
      const clocks = new Clocks(rig.host);
      clocks.enable(QEMU_CLOCK_VIRTUAL, true);
      for (const type of [QEMU_CLOCK_REALTIME, QEMU_CLOCK_VIRTUAL, QEMU_CLOCK_VIRTUAL_RT]) {
        let last = clocks.nowNs(type);
        for (let i = 0; i < 100; i++) {
          const now = clocks.nowNs(type);
          expect(now).toBeGreaterThanOrEqual(last);
          last = now;
        }
      }
    }),
  );
});
