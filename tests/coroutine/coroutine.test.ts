/** Coroutines: order of running, aborts, and trace events. */

import { describe, expect, it } from 'vitest';
import { QemuAbort } from '../../src/aio/abort.ts';
import { CoSleep, coSleepNs } from '../../src/coroutine/co-sleep.ts';
import { type CoroutineSteps, CoroutineThread } from '../../src/coroutine/coroutine.ts';
import { Coroutines } from '../../src/coroutine/coroutines.ts';
import type { SimHost } from '../../src/host/sim/sim-host.ts';
import { EVENT_NAMES, type EventName } from '../../src/trace/catalogue.ts';
import { onSim, type Rig } from '../support/rig.ts';
import { attach } from '../support/sinks.ts';

interface Made {
  readonly rig: Rig<SimHost>;
  readonly co: Coroutines;
  readonly log: string[];
  /** A coroutine that logs `NAME.1`, yields, logs `NAME.2`, and so on. */
  steps(name: string, count: number): ReturnType<Coroutines['create']>;
}

function withCoroutines(body: (made: Made) => void): () => void {
  return onSim((rig) => {
    const co = new Coroutines(rig.context());
    const { log } = rig;
    const steps = (name: string, count: number): ReturnType<Coroutines['create']> =>
      co.create(function* () {
        for (let i = 1; i <= count; i++) {
          log.push(`${name}.${i}`);
          if (i < count) yield;
        }
      }, name);
    body({ rig, co, log, steps });
    co.dispose();
    co.ctx.poll(false);
  });
}

/** A body that never yields. */
function once<T = undefined>(act: (opaque: T) => void): (opaque: T) => CoroutineSteps {
  return function* (opaque) {
    act(opaque);
    yield* [];
  };
}

describe('enter and yield', () => {
  it(
    'runs to the next yield, and knows which coroutine runs',
    withCoroutines(({ co, log }) => {
      const c = co.create(function* () {
        log.push(`in ${co.self.name} ${co.inCoroutine}`);
        yield;
        log.push('again');
      }, 'c');
      expect(co.inCoroutine).toBe(false);
      co.enter(c);
      expect([c.entered, c.ended]).toEqual([false, false]);
      log.push('out');
      co.enter(c);
      expect(c.ended).toBe(true);
      expect(log).toEqual(['in c true', 'out', 'again']);
    }),
  );

  it(
    'hands the opaque value to the body',
    withCoroutines(({ co, log }) => {
      const body = once((text: string) => {
        log.push(text);
      });
      co.enter(co.create(body, 'c', 'value'));
      expect(log).toEqual(['value']);
    }),
  );

  it(
    'nests, and counts as entered while it waits for one that it entered',
    withCoroutines(({ co, log }) => {
      const inner = co.create(
        once(() => {
          log.push(`outer entered: ${outer.entered}`);
        }),
      );
      const outer = co.create(
        once(() => {
          co.enter(inner);
          log.push(co.self.name);
        }),
        'outer',
      );
      co.enter(outer);
      expect(log).toEqual(['outer entered: true', 'outer']);
    }),
  );
});

describe('wake', () => {
  it(
    'runs the woken when the waker yields, those it woke last but deepest first',
    withCoroutines(({ co, log, steps }) => {
      const [a, b, c] = [steps('a', 2), steps('b', 2), steps('c', 2)];
      const wakesC = co.create(function* () {
        log.push('d.1');
        yield;
        co.wake(c);
        log.push('d.2');
      }, 'd');
      for (const one of [a, b, c, wakesC]) co.enter(one);
      log.length = 0;
      co.enter(
        co.create(function* () {
          co.wake(wakesC);
          co.wake(a);
          log.push('waker');
          yield;
        }),
      );
      // c was woken by d, so it runs before a, which stood behind d.
      expect(log).toEqual(['waker', 'd.2', 'c.2', 'a.2']);
      co.wake(b);
      expect(log.at(-1)).toBe('b.2');
    }),
  );

  it(
    'does not run itself, nor one that has never run',
    withCoroutines(({ co, steps }) => {
      const self = co.create(
        once(() => {
          expect(() => co.wake(co.self)).toThrow("aio_co_enter: Assertion `self != co' failed.");
        }),
      );
      co.enter(self);
      expect(() => co.wake(steps('a', 1))).toThrow(QemuAbort);
    }),
  );

  it(
    'refuses to be woken twice by the same coroutine',
    withCoroutines(({ co, steps }) => {
      const a = steps('a', 2);
      co.enter(a);
      co.enter(
        co.create(
          once(() => {
            co.wake(a);
            expect(() => co.wake(a)).toThrow('aio_co_enter: Co-routine was already woken');
          }),
        ),
      );
      expect(a.ended).toBe(true);
    }),
  );
});

describe('schedule', () => {
  it(
    'enters in order of scheduling, one bottom half for all',
    withCoroutines(({ co, log, steps }) => {
      for (const name of ['a', 'b', 'c']) co.schedule(steps(name, 1));
      expect(log).toEqual([]);
      expect(co.ctx.poll(false)).toBe(true);
      expect(log).toEqual(['a.1', 'b.1', 'c.1']);
    }),
  );

  it(
    'waits for the next round if scheduled in the middle of one',
    withCoroutines(({ co, log }) => {
      const c = co.create(function* () {
        for (let i = 0; i < 3; i++) {
          log.push(`${i}`);
          co.schedule(co.self);
          yield;
        }
      });
      co.schedule(c);
      const rounds = [1, 2, 3, 4, 5].map(() => {
        co.ctx.poll(false);
        return log.length;
      });
      expect(rounds).toEqual([1, 2, 3, 3, 3]);
    }),
  );

  it.each([
    [
      'scheduling twice',
      (co: Coroutines, c: ReturnType<Coroutines['create']>) => co.schedule(c),
      "aio_co_schedule: Co-routine was already scheduled in 'aio_co_schedule'",
    ],
    [
      'entering',
      (co: Coroutines, c: ReturnType<Coroutines['create']>) => co.enter(c),
      "qemu_aio_coroutine_enter: Co-routine was already scheduled in 'aio_co_schedule'",
    ],
  ])('refuses %s what is scheduled', (_what, act, message) => {
    withCoroutines(({ co, log, steps }) => {
      const c = steps('c', 1);
      co.schedule(c);
      expect(() => act(co, c)).toThrow(message);
      co.ctx.poll(false);
      expect(log).toEqual(['c.1']);
    })();
  });

  it(
    'continues in another context',
    onSim((rig) => {
      const thread = new CoroutineThread();
      const [one, two] = [
        new Coroutines(rig.context({ name: 'io1' }), thread),
        new Coroutines(rig.context({ name: 'io2' }), thread),
      ];
      const seen: (string | undefined)[] = [];
      const c = one.create(function* () {
        seen.push(c.home?.ctx.name);
        yield* one.rescheduleSelf(two);
        seen.push(c.home?.ctx.name);
        yield* one.rescheduleSelf(one);
        seen.push(c.home?.ctx.name);
      });
      one.enter(c);
      one.ctx.poll(false);
      expect(seen).toEqual(['io1']);
      two.ctx.poll(false);
      // The second call is for the thread's own context, so it need not move.
      expect(seen).toEqual(['io1', 'io2', 'io2']);
      for (const each of [one, two]) {
        each.dispose();
        each.ctx.poll(false);
      }
    }),
  );
});

describe('aborts', () => {
  it(
    'if a coroutine enters itself',
    withCoroutines(({ co }) => {
      const c = co.create(
        once(() => {
          co.enter(c);
        }),
      );
      expect(() => co.enter(c)).toThrow('Co-routine re-entered recursively');
      expect(co.inCoroutine).toBe(false);
    }),
  );

  it(
    'if it has ended',
    withCoroutines(({ co, steps }) => {
      const c = steps('c', 1);
      co.enter(c);
      expect(() => co.enter(c)).toThrow(QemuAbort);
    }),
  );

  it(
    'and leaves those that were to run scheduled',
    withCoroutines(({ co, log, steps }) => {
      const [a, b] = [steps('a', 2), steps('b', 2)];
      co.enter(a);
      co.enter(b);
      const c = co.create(
        once(() => {
          co.wake(a);
          co.wake(b);
          throw new Error('out of here');
        }),
      );
      expect(() => co.enter(c)).toThrow('out of here');
      expect([c.ended, co.inCoroutine]).toEqual([true, false]);
      log.length = 0;
      co.ctx.poll(false);
      expect(log).toEqual(['a.2', 'b.2']);
    }),
  );

  it(
    'in the middle of a round, and leaves the rest of it for the next',
    withCoroutines(({ co, log, steps }) => {
      const thrower = co.create(
        once(() => {
          co.schedule(steps('later', 1));
          throw new Error('out of here');
        }),
      );
      co.schedule(steps('a', 1));
      co.schedule(thrower);
      co.schedule(steps('b', 1));
      co.schedule(steps('c', 1));
      expect(() => co.ctx.poll(false)).toThrow('out of here');
      co.ctx.poll(false);
      expect(log).toEqual(['a.1', 'b.1', 'c.1', 'later.1']);
    }),
  );
});

describe('sleep', () => {
  it(
    'is a timer: by deadline, and in order of going to sleep',
    withCoroutines(({ rig, co, log }) => {
      for (const [name, ms] of [
        ['a', 4],
        ['b', 1],
        ['c', 1],
      ] as const) {
        co.enter(
          co.create(function* () {
            yield* coSleepNs(co, ms * 1e6);
            log.push(name);
          }),
        );
      }
      rig.host.advance(10e6);
      co.ctx.poll(false);
      expect(log).toEqual(['b', 'c', 'a']);
    }),
  );

  it(
    'can be ended early, and holds its coroutine back from others',
    withCoroutines(({ co, log }) => {
      const sleep = new CoSleep(co);
      const c = co.create(function* () {
        yield* sleep.sleepNs(1e9);
        log.push('awake');
      });
      co.enter(c);
      expect(() => co.enter(c)).toThrow(
        "qemu_aio_coroutine_enter: Co-routine was already scheduled in 'qemu_co_sleep_ns'",
      );
      expect(() => co.schedule(c)).toThrow(
        "aio_co_schedule: Co-routine was already scheduled in 'qemu_co_sleep_ns'",
      );
      sleep.wake();
      sleep.wake();
      expect(log).toEqual(['awake']);
      expect(co.ctx.timers.deadlineNs()).toBe(-1);
    }),
  );
});

it(
  "is traced under QEMU's names",
  withCoroutines(({ co, log }) => {
    const names: readonly EventName[] = [
      'aio_co_schedule',
      'aio_co_schedule_bh_cb',
      'qemu_aio_coroutine_enter',
      'qemu_coroutine_yield',
      'qemu_coroutine_terminate',
    ];
    attach(co.trace, names, (id, _time, ...args) => {
      log.push(`${EVENT_NAMES[id]} ${args.filter((arg) => arg !== undefined).join(' ')}`);
    });
    const c = co.create(function* () {
      yield;
    }, 'c');
    co.schedule(c);
    co.ctx.poll(false);
    co.enter(c);
    const { name } = co.ctx;
    expect(log).toEqual([
      `aio_co_schedule ${name} 1`,
      `aio_co_schedule_bh_cb ${name} 1`,
      `qemu_aio_coroutine_enter ${name} 0 1 0`,
      'qemu_coroutine_yield 1 0',
      `qemu_aio_coroutine_enter ${name} 0 1 0`,
      'qemu_coroutine_terminate 1',
    ]);
  }),
);
