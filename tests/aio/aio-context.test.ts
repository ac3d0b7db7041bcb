import { describe, expect, it } from 'vitest';
import { AioContext, type AioContextOptions } from '../../src/aio/aio-context.ts';
import { Clocks, QEMU_CLOCK_VIRTUAL } from '../../src/aio/clock.ts';
import { EventNotifier } from '../../src/aio/event-notifier.ts';
import { Coroutines } from '../../src/coroutine/coroutines.ts';
import { EMFILE } from '../../src/host/errno.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { openFds } from '../support/leaks.ts';
import { hosts, onSim, rigged } from '../support/rig.ts';

const MS = 1_000_000;

class NoEventfds extends SimHost {
  override eventfd(): number {
    return -EMFILE;
  }
}

describe('aio_compute_timeout', () => {
  it(
    'is the soonest of bottom halves and timers',
    onSim((rig) => {
      const ctx = rig.context();
      const [idle, soon] = ['idle', 'soon'].map((name) => ctx.newBottomHalf(name, () => {}));
      const timer = ctx.timers.newTimer(0, 't', () => {});
      expect(ctx.computeTimeoutNs()).toBe(-1);
      idle!.scheduleIdle();
      expect(ctx.computeTimeoutNs()).toBe(10 * MS);
      timer.modNs(rig.host.nowNs + 5 * MS);
      expect(ctx.computeTimeoutNs()).toBe(5 * MS);
      timer.modNs(rig.host.nowNs + 50 * MS);
      expect(ctx.computeTimeoutNs()).toBe(10 * MS);
      soon!.schedule();
      expect(ctx.computeTimeoutNs()).toBe(0);
      soon!.cancel();
      timer.modNs(1);
      expect(ctx.computeTimeoutNs()).toBe(0);
      idle!.cancel();
      timer.del();
      expect(ctx.computeTimeoutNs()).toBe(-1);
      ctx.poll(false);
    }),
  );

  it(
    'counts bottom halves that a nested round has not run yet',
    onSim((rig) => {
      const ctx = rig.context();
      const seen: number[] = [];
      ctx.scheduleOneshot('left', () => {});
      ctx.scheduleOneshot('first', () => seen.push(ctx.computeTimeoutNs()));
      ctx.poll(false);
      expect(seen).toEqual([0]);
    }),
  );
});

describe('one round of aio_poll', () => {
  it(
    'runs bottom halves, fd handlers, then timers',
    onSim((rig) => {
      const ctx = rig.context();
      const fd = rig.eventfd(1);
      ctx.timers.newTimer(0, 't', () => rig.log.push('timer')).modNs(1);
      ctx.setFdHandler(fd, { ioRead: () => rig.log.push(`fd ${rig.drain(fd)}`) });
      ctx.scheduleOneshot('bh', () => rig.log.push('bh'));
      expect(ctx.poll(true)).toBe(true);
      expect(ctx.poll(false)).toBe(false);
      expect(rig.log).toEqual(['bh', 'fd 8', 'timer']);
    }),
  );

  it(
    'neither a notification nor the context’s own notifier is progress',
    onSim((rig) => {
      const ctx = rig.context();
      ctx.poll(false);
      rig.host.at(rig.host.nowNs + MS, () => ctx.notify());
      expect(ctx.poll(true)).toBe(false);
      expect(ctx.poll(false)).toBe(false);
    }),
  );
});

describe('as a source of a main loop', () => {
  it(
    'prepare, check and dispatch do the same as a round',
    onSim((rig) => {
      const ctx = rig.context();
      expect(ctx.prepare()).toBe(-1);
      expect(ctx.wakeup.notifyMe).toBe(1);
      const bh = ctx.newBottomHalf('bh', () => rig.log.push('bh'));
      bh.schedule();
      expect(ctx.check()).toBe(true);
      expect(ctx.wakeup.notifyMe).toBe(0);
      ctx.dispatch();
      expect(ctx.prepare()).toBe(-1);
      expect(ctx.check()).toBe(false);
      ctx.timers.newTimer(0, 't', () => rig.log.push('t')).modNs(1);
      expect(ctx.prepare()).toBe(0);
      expect(ctx.check()).toBe(true);
      ctx.dispatch();
      expect(rig.log).toEqual(['bh', 't']);
    }),
  );

  it(
    'takes one main loop',
    onSim((rig) => {
      const ctx = rig.context();
      const sink = { addPoll() {}, removePoll() {}, addEdges() {}, removeEdges() {} };
      const attached = ctx.attachTo(sink);
      expect(() => ctx.attachTo(sink)).toThrow('has a main loop already');
      attached.dispose();
      attached.dispose();
      ctx.attachTo(sink).dispose();
    }),
  );
});

it('missing and invalid options are named, and nothing is left', () => {
  const host = new SimHost();
  const before = openFds(host);
  for (const [name, Made] of [
    ['AioContext', AioContext],
    ['MainLoop', MainLoop],
  ] as const) {
    const make = (options: unknown) => () => new Made(options as AioContextOptions);
    expect(make(undefined)).toThrow(`${name}: options are undefined: expected an object with host`);
    expect(make({})).toThrow(`${name}: option 'host' is undefined: expected a Host`);
    expect(make({ host, fdmon: 'bogus' })).toThrow(
      `${name}: option 'fdmon' is 'bogus': expected auto, poll, epoll or io_uring`,
    );
  }
  const none = undefined as unknown;
  expect(() => new EventNotifier(none as SimHost)).toThrow(
    "EventNotifier: option 'host' is undefined: expected a Host",
  );
  expect(() => new Coroutines(none as AioContext)).toThrow(
    "Coroutines: option 'ctx' is undefined: expected an AioContext",
  );
  expect(() => new LinuxHost({ spawnBy: 'fork' as 'clone' })).toThrow(
    "LinuxHost: option 'spawnBy' is 'fork': expected clone or posix_spawn",
  );
  expect(openFds(host)).toEqual(before);
});

it(
  'a callback that is not a function is refused when a bottom half is made',
  onSim((rig) => {
    const ctx = rig.context();
    const loop = rig.loop();
    const none = undefined as unknown as () => void;
    const calls: [() => unknown, string][] = [
      [() => ctx.newBottomHalf('a', none), "aio_bh_new: the callback of 'a' is undefined"],
      [() => loop.newBottomHalf('b', none), "aio_bh_new: the callback of 'b' is undefined"],
      [() => ctx.scheduleOneshot('c', none), "aio_bh_schedule_oneshot: the callback of 'c' is"],
      [() => loop.addPollNotifier(none), 'main_loop_poll_add_notifier: the notifier is undef'],
    ];
    for (const [call, message] of calls) {
      expect(call).toThrow(TypeError);
      expect(call).toThrow(message);
    }
    const guard = { engagedInIo: false };
    expect(() => ctx.newGuardedBottomHalf('d', none, guard)).toThrow("of 'd' is undefined");
    expect([...ctx.bottomHalves.entries()]).toEqual([]);
  }),
);

describe('closing', () => {
  it.each(hosts)('gives every descriptor back on %s, those of epoll too', (_kind, make) => {
    rigged(make, (rig) => {
      const before = openFds(rig.host);
      for (const fdmon of ['auto', 'poll', 'epoll'] as const) {
        const ctx = new AioContext({ host: rig.host, fdmon });
        const fds = Array.from({ length: 70 }, () => rig.eventfd());
        for (const fd of fds) ctx.setFdHandler(fd, { ioRead: () => {} });
        ctx.poll(false);
        ctx.disableExternal();
        ctx.poll(false);
        ctx.close();
        ctx.close();
        expect(ctx.handlers.size).toBe(0);
        for (const fd of fds) rig.close(fd);
      }
      expect(openFds(rig.host)).toEqual(before);
    })();
  });

  it(
    'names the bottom halves that leaked, after everything is closed',
    onSim((rig) => {
      const before = openFds(rig.host);
      const ctx = new AioContext({ host: rig.host });
      ctx.newBottomHalf('forgotten', () => {}).schedule();
      ctx.newBottomHalf('never scheduled', () => {});
      ctx.newBottomHalf('deleted', () => {}).delete();
      expect(() => ctx.close()).toThrow(
        "BH 'forgotten' leaked: delete a bottom half before its AioContext is closed",
      );
      expect(openFds(rig.host)).toEqual(before);
    }),
  );

  it(
    'says what to do about a one-shot, which nobody can delete',
    onSim((rig) => {
      const close = (forgotten: boolean) => () => {
        const ctx = new AioContext({ host: rig.host });
        ctx.scheduleOneshot('once', () => {});
        if (forgotten) ctx.newBottomHalf('forgotten', () => {}).schedule();
        ctx.dispose();
      };
      const advice = 'a one-shot has not run and never will: poll once more before, if it has to';
      expect(close(false)).toThrow(`aio_ctx_finalize: BH 'once' leaked: ${advice}`);
      const both = `delete a bottom half before its AioContext is closed; ${advice}`;
      expect(close(true)).toThrow(`aio_ctx_finalize: BH 'forgotten', 'once' leaked: ${both}`);
    }),
  );

  it(
    'may come from a callback of the context: the round ends, and is the last one',
    onSim((rig) => {
      for (const fdmon of ['poll', 'epoll'] as const) {
        for (const way of ['bh', 'fd', 'timer'] as const) {
          const ctx = rig.context({ fdmon });
          const close = (): void => {
            rig.log.push(way);
            ctx.dispose();
          };
          if (way === 'bh') ctx.scheduleOneshot('x', close);
          if (way === 'fd')
            for (const _ of '12') ctx.setFdHandler(rig.eventfd(1), { ioRead: close });
          if (way === 'timer') ctx.timers.newTimer(0, 'x', close).modNs(1);
          ctx.poll(true);
          expect(rig.taken()).toEqual([way]);
          expect(() => ctx.poll(false)).toThrow('aio_poll: the loop is closed');
          const notifier = new EventNotifier(rig.host);
          expect(() => ctx.setEventNotifier(notifier, { ioRead: () => {} })).toThrow('is closed');
          notifier.dispose();
        }
      }
    }),
  );

  it(
    'disarms timers and leaves shared clocks',
    onSim((rig) => {
      const clocks = new Clocks(rig.host);
      const ctx = new AioContext({ host: rig.host, clocks });
      const timer = ctx.timers.newTimer(0, 't', () => {});
      timer.modNs(1);
      ctx.close();
      expect(timer.pending).toBe(false);
      ctx.wakeup.accept();
      clocks.enable(QEMU_CLOCK_VIRTUAL, true);
      expect(ctx.wakeup.notified).toBe(false);
    }),
  );

  it('a context that cannot be made leaves nothing on shared clocks', () => {
    const host = new NoEventfds();
    const clocks = new Clocks(host);
    const told: string[] = [];
    const listen = clocks.listen.bind(clocks);
    clocks.listen = (type, listener) => {
      told.push(`${type}`);
      listen(type, listener);
    };
    const unlisten = clocks.unlisten.bind(clocks);
    clocks.unlisten = (type, listener) => {
      told.splice(told.indexOf(`${type}`), 1);
      unlisten(type, listener);
    };
    expect(() => new AioContext({ host, clocks })).toThrow('EMFILE');
    expect(told).toEqual([]);
  });

  it(
    'is not an error if the fds of handlers were closed before',
    onSim((rig) => {
      const ctx = rig.context({ fdmon: 'epoll' });
      const fds = Array.from({ length: 5 }, () => rig.eventfd());
      for (const fd of fds) ctx.setFdHandler(fd, { ioRead: () => {} });
      ctx.poll(false);
      for (const fd of fds) rig.close(fd);
      ctx.close();
    }),
  );
});

describe('the name of a context in traces', () => {
  it('is QEMU’s, the one given, or another for each', () => {
    const host = new SimHost();
    const loop = new MainLoop({ host });
    const others = [{}, { name: 'io0' }, {}].map((named) => new AioContext({ host, ...named }));
    const names = [loop.context, loop.iohandler, ...others].map(({ name }) => name);
    const own = ['aio_context_1', 'io0', 'aio_context_2'];
    expect(names).toEqual(['qemu_aio_context', 'iohandler_ctx', ...own]);
    for (const part of [...others, loop]) part.dispose();
  });

  it('does not depend on the contexts of another host', () => {
    const names = [new SimHost(), new SimHost()].map((host) => {
      const ctx = new AioContext({ host });
      ctx.dispose();
      return ctx.name;
    });
    expect(names).toEqual(['aio_context_1', 'aio_context_1']);
  });
});
