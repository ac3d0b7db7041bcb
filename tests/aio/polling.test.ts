import { describe, expect, it } from 'vitest';
import type { AioContext } from '../../src/aio/aio-context.ts';
import { EventNotifier } from '../../src/aio/event-notifier.ts';
import { ReadyList } from '../../src/aio/handler.ts';
import type { SimHost } from '../../src/host/sim/sim-host.ts';
import { Tracer } from '../../src/trace/tracer.ts';
import { onSim, type Rig } from '../support/rig.ts';
import { attach } from '../support/sinks.ts';

const MS = 1_000_000;
const S = 1_000 * MS;

interface Pollable {
  readonly notifier: EventNotifier;
  /** The result of its io_poll. */
  flag: boolean;
}

/** Makes a notifier with io_poll, and logs its calls. One io_poll takes 100 ns. */
function pollable(rig: Rig<SimHost>, ctx: AioContext, name: string): Pollable {
  const self: Pollable = { notifier: new EventNotifier(rig.host), flag: false };
  rig.own(self.notifier.fd);
  ctx.setEventNotifier(self.notifier, {
    name,
    ioRead: (notifier) => rig.log.push(`${name} read ${notifier.testAndClear()}`),
    ioPoll: () => {
      rig.host.advance(100);
      if (rig.log.at(-1) !== `${name} poll ${self.flag}`) rig.log.push(`${name} poll ${self.flag}`);
      return self.flag;
    },
    ioPollReady: () => {
      rig.log.push(`${name} ready`);
      self.flag = false;
    },
  });
  ctx.setFdPoll(
    self.notifier.fd,
    () => rig.log.push(`${name} begin`),
    () => rig.log.push(`${name} end`),
  );
  return self;
}

/** Fires it once, so that it is polled, and clears the log. */
function fire(rig: Rig, ctx: AioContext, one: Pollable): void {
  ctx.poll(false);
  one.notifier.set();
  ctx.poll(true);
  rig.taken();
}

describe('polling in user space', () => {
  it(
    'makes no system call in a non-blocking poll while all handlers can be polled',
    onSim((rig) => {
      const ctx = rig.context();
      const io = pollable(rig, ctx, 'io');
      ctx.poll(false);
      io.notifier.set();
      expect(ctx.poll(false)).toBe(false);
      ctx.setFdHandler(rig.eventfd(), { ioRead: () => {} });
      expect(ctx.poll(false)).toBe(true);
      expect(rig.log).toEqual(['io read true']);
    }),
  );

  it(
    'begins with the first blocking poll after it was turned on, and grows',
    onSim((rig) => {
      const ctx = rig.context();
      const io = pollable(rig, ctx, 'io');
      fire(rig, ctx, io);
      ctx.setPollParams(S, 0, 0);
      const grown = [1, 2, 3].map(() => {
        io.notifier.set();
        ctx.poll(true);
        return ctx.polling.pollNs;
      });
      expect(grown).toEqual([4_000, 8_000, 16_000]);
      expect(rig.log).toContain('io begin');
      expect(rig.log).toContain('io end');
    }),
  );

  it(
    'finds an event without the kernel, and calls ioPollReady',
    onSim((rig) => {
      const ctx = rig.context();
      const io = pollable(rig, ctx, 'io');
      fire(rig, ctx, io);
      ctx.setPollParams(S, 0, 0);
      io.notifier.set();
      ctx.poll(true);
      io.notifier.set();
      ctx.poll(true);
      rig.taken();
      io.flag = true;
      expect(ctx.poll(true)).toBe(true);
      expect(rig.log).toEqual(['io begin', 'io poll true', 'io ready']);
    }),
  );

  it(
    'grows by its factor up to the maximum, and shrinks to nothing or by its divisor',
    onSim((rig) => {
      const ctx = rig.context();
      const { polling } = ctx;
      polling.setParams(10_000, 3, 0, 0);
      const ns = [5, 4_001, 9_999].map((took) => {
        polling.adjust(took, new ReadyList());
        return polling.pollNs;
      });
      expect(ns).toEqual([4_000, 10_000, 10_000]);
      polling.adjust(10_001, new ReadyList());
      expect(polling.pollNs).toBe(0);
      polling.setParams(10_000, 2, 4, 0);
      polling.adjust(5, new ReadyList());
      polling.adjust(10_001, new ReadyList());
      expect(polling.pollNs).toBe(1_000);
      // Shorter than the polling time already: nothing to learn.
      polling.adjust(1_000, new ReadyList());
      expect(polling.pollNs).toBe(1_000);
    }),
  );

  it(
    'stops for a handler that was idle for 7 s, and starts again when it fires',
    onSim((rig) => {
      const trace = new Tracer();
      const seen: string[] = [];
      for (const name of ['poll_add', 'poll_remove'] as const) {
        attach(trace, [name], (_id, _time, _ctx, _node, fd) => {
          if (fd === io.notifier.fd) seen.push(name);
        });
      }
      const ctx = rig.context({ trace });
      const io = pollable(rig, ctx, 'io');
      fire(rig, ctx, io);
      expect(seen).toEqual(['poll_add']);
      ctx.setPollParams(20 * S, 0, 0);
      const timer = ctx.timers.newTimer(0, 'tick', () => {});
      const sleep = (ns: number): void => {
        timer.modFromNowNs(ns);
        ctx.poll(true);
        ctx.poll(true);
      };
      for (let slept = 0; slept < 6; slept++) sleep(S);
      expect(seen).toEqual(['poll_add']);
      for (let slept = 0; slept < 3; slept++) sleep(S);
      expect(seen).toEqual(['poll_add', 'poll_remove']);
      io.notifier.set();
      ctx.poll(true);
      expect(seen).toEqual(['poll_add', 'poll_remove', 'poll_add']);
    }),
  );

  it(
    'does not happen if a handler cannot be polled',
    onSim((rig) => {
      const ctx = rig.context();
      const io = pollable(rig, ctx, 'io');
      fire(rig, ctx, io);
      const plain = ctx.setFdHandler(rig.eventfd(), { ioRead: () => {} });
      ctx.setPollParams(S, 0, 0);
      for (let i = 0; i < 3; i++) {
        io.notifier.set();
        ctx.poll(true);
      }
      expect(rig.taken()).toEqual(Array(3).fill('io read true').slice(1).concat('io read true'));
      plain.dispose();
      io.notifier.set();
      ctx.poll(true);
      ctx.poll(false);
      expect(rig.log).toContain('io begin');
    }),
  );

  it(
    'does not poll removed handlers, nor call held-back ones',
    onSim((rig) => {
      const ctx = rig.context();
      const [a, b] = [pollable(rig, ctx, 'a'), pollable(rig, ctx, 'b')];
      ctx.poll(false);
      a.notifier.set();
      b.notifier.set();
      ctx.poll(true);
      ctx.setPollParams(S, 0, 0);
      b.notifier.set();
      ctx.poll(true);
      rig.taken();
      ctx.setEventNotifier(a.notifier, null);
      b.notifier.set();
      ctx.poll(true);
      b.flag = true;
      ctx.poll(true);
      expect(rig.log.filter((entry) => entry.startsWith('a'))).toEqual([]);
      expect(rig.log).toContain('b ready');
    }),
  );

  it(
    'does not begin for a handler removed in the round in which it fired',
    onSim((rig) => {
      const ctx = rig.context();
      const first = new EventNotifier(rig.host);
      rig.own(first.fd);
      ctx.setEventNotifier(first, {
        ioRead: () => {
          first.testAndClear();
          ctx.setEventNotifier(gone.notifier, null);
        },
        ioPoll: () => false,
        ioPollReady: () => {},
      });
      const gone = pollable(rig, ctx, 'gone');
      ctx.poll(false);
      first.set();
      gone.notifier.set();
      ctx.poll(true);
      ctx.setPollParams(S, 0, 0);
      for (let i = 0; i < 2; i++) {
        first.set();
        ctx.poll(true);
      }
      expect(ctx.polling.pollNs).toBeGreaterThan(0);
      expect(rig.log).toEqual([]);
    }),
  );

  it(
    'ends before a main loop sleeps',
    onSim((rig) => {
      const loop = rig.loop();
      const io = pollable(rig, loop.context, 'io');
      fire(rig, loop.context, io);
      loop.context.setPollParams(S, 0, 0);
      for (let i = 0; i < 2; i++) {
        io.notifier.set();
        loop.context.poll(true);
      }
      io.flag = true;
      loop.context.poll(true);
      expect(rig.taken().at(-1)).toBe('io ready');
      loop.mainLoopWait(true);
      expect(rig.log).toContain('io end');
    }),
  );

  it(
    'an ioPollEnd that throws leaves the context awake',
    onSim((rig) => {
      const ctx = rig.context();
      const io = pollable(rig, ctx, 'io');
      fire(rig, ctx, io);
      ctx.setPollParams(S, 0, 0);
      io.notifier.set();
      ctx.poll(true);
      ctx.setFdPoll(io.notifier.fd, undefined, () => {
        throw new Error('from io_poll_end');
      });
      io.notifier.set();
      expect(() => ctx.poll(true)).toThrow('from io_poll_end');
      expect(ctx.wakeup.notifyMe).toBe(0);
      ctx.setFdPoll(io.notifier.fd, undefined, undefined);
      expect(ctx.poll(true)).toBe(true);
    }),
  );
});
