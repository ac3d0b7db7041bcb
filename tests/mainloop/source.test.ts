import { describe, expect, it } from 'vitest';
import { QEMU_CLOCK_REALTIME } from '../../src/aio/clock.ts';
import {
  G_PRIORITY_DEFAULT,
  G_PRIORITY_DEFAULT_IDLE,
  G_PRIORITY_HIGH,
  IdleSource,
  TimeoutSource,
  timeoutNsToMs,
} from '../../src/mainloop/source.ts';
import { onSim } from '../support/rig.ts';

const MS = 1_000_000;

it.each([
  [-1, -1],
  [0, 0],
  [1, 1],
  [MS, 1],
  [MS + 1, 2],
  [1e18, 0x7fffffff],
])('%d ns are %d ms: rounded up, since to sleep too short is to spin', (ns, ms) => {
  expect(timeoutNsToMs(ns)).toBe(ms);
});

describe('idle sources', () => {
  it(
    'run when nothing of a higher priority is ready, until they return false',
    onSim((rig) => {
      const loop = rig.loop();
      let left = 2;
      loop.attachSource(
        new IdleSource(() => {
          rig.log.push('idle');
          return --left > 0;
        }),
      );
      loop.context.scheduleOneshot('bh', () => rig.log.push('bh'));
      for (let i = 0; i < 4; i++) loop.mainLoopWait(true);
      expect(rig.log).toEqual(['bh', 'idle', 'idle']);
      expect(loop.sources.sources.map(({ name }) => name)).toEqual(['aio-context', 'io-handler']);
    }),
  );

  it(
    'run before the contexts at a high priority, and the contexts’ fds are not even polled',
    onSim((rig) => {
      const loop = rig.loop();
      loop.context.scheduleOneshot('bh', () => rig.log.push('bh'));
      const idle = new IdleSource(() => rig.log.push('high') < 1, G_PRIORITY_HIGH, 'high');
      expect(idle.priority).toBe(G_PRIORITY_HIGH);
      loop.attachSource(idle);
      loop.mainLoopWait(false);
      expect(rig.log).toEqual(['high']);
      loop.mainLoopWait(false);
      expect(rig.log).toEqual(['high', 'bh']);
    }),
  );

  it('have the default idle priority', () => {
    expect(new IdleSource(() => false).priority).toBe(G_PRIORITY_DEFAULT_IDLE);
  });
});

describe('timeout sources', () => {
  it(
    'sleep whole milliseconds, and run again from the end of their dispatch',
    onSim((rig) => {
      const loop = rig.loop();
      loop.mainLoopWait(true);
      const startNs = rig.host.nowNs;
      const now = (): number => loop.clocks.nowNs(QEMU_CLOCK_REALTIME);
      const source = new TimeoutSource(now, 2.5 * MS, () => {
        rig.log.push(`${Math.floor((rig.host.nowNs - startNs) / MS)}`);
        return rig.log.length < 2;
      });
      expect(source.priority).toBe(G_PRIORITY_DEFAULT);
      loop.attachSource(source);
      while (source.context !== null) loop.mainLoopWait(false);
      expect(rig.log).toEqual(['3', '6']);
    }),
  );

  it(
    'does not run once it is disposed',
    onSim((rig) => {
      const loop = rig.loop();
      const source = new TimeoutSource(
        () => rig.host.nowNs,
        0,
        () => rig.log.push('ran') > 0,
      );
      loop.attachSource(source).dispose();
      loop.mainLoopWait(true);
      expect(rig.log).toEqual([]);
    }),
  );
});
