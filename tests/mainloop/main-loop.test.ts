import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QEMU_CLOCK_REALTIME } from '../../src/aio/clock.ts';
import { CLOCK_MONOTONIC, O_CREAT, O_RDWR, POLLIN, POLLOUT } from '../../src/host/constants.ts';
import { EMFILE } from '../../src/host/errno.ts';
import type { HostBuffer } from '../../src/host/host.ts';
import { HostLens } from '../../src/host/lenses/lens.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import type { MainLoopPoll } from '../../src/mainloop/iteration.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { G_PRIORITY_HIGH, IdleSource, Source } from '../../src/mainloop/source.ts';
import { Tracer } from '../../src/trace/tracer.ts';
import { openFds } from '../support/leaks.ts';
import { hosts, onSim, type Rig, rigged } from '../support/rig.ts';
import { attach } from '../support/sinks.ts';

const MS = 1_000_000;

function watch(rig: Rig, loop: MainLoop, name: string, then: () => void = () => {}): number {
  const fd = rig.eventfd();
  loop.setFdHandler(fd, {
    name,
    ioRead: () => {
      rig.log.push(name);
      rig.drain(fd);
      then();
    },
  });
  return fd;
}

/** A source that is ready before the contexts are looked at, and a poll notifier whose fd is ready. */
function hideContexts(rig: Rig, loop: MainLoop) {
  class Hides extends Source {
    prepare = () => 0;
    check = () => true;
    dispatch = () => true;
  }
  const hides = loop.attachSource(new Hides('hides', G_PRIORITY_HIGH));
  const added = { fd: rig.eventfd(1), events: POLLIN, revents: 0 };
  const notifier = loop.addPollNotifier((poll) => {
    if (poll.state === 'FILL') poll.fds.push(added);
  });
  return { hides, notifier, added };
}

describe.each(hosts)('main_loop_wait on %s', (_kind, make) => {
  it(
    'runs bottom halves, fds and timers of both contexts, then its own timers',
    rigged(make, (rig) => {
      const loop = rig.loop();
      loop.timers.newTimer(0, 'own', () => rig.log.push('own timer')).modNs(1);
      for (const [name, ctx] of [
        ['iohandler', loop.iohandler],
        ['main', loop.context],
      ] as const) {
        const fd = rig.eventfd(1);
        ctx.setFdHandler(fd, { ioRead: () => rig.log.push(`${name} fd ${rig.drain(fd)}`) });
        ctx.timers.newTimer(0, 't', () => rig.log.push(`${name} timer`)).modNs(1);
        ctx.scheduleOneshot('bh', () => rig.log.push(`${name} bh`));
      }
      loop.mainLoopWait(false);
      expect(rig.taken()).toEqual([
        'main bh',
        'main fd 8',
        'main timer',
        'iohandler bh',
        'iohandler fd 8',
        'iohandler timer',
        'own timer',
      ]);
      loop.mainLoopWait(true);
      expect(rig.log).toEqual([]);
    }),
  );

  it(
    'calls ready handlers newest registration first, however many there are',
    rigged(make, (rig) => {
      for (const n of [0, 70]) {
        const loop = rig.loop();
        for (let i = 0; i < n; i++) watch(rig, loop, 'idle');
        const [a, b, c] = ['a', 'b', 'c'].map((name) => watch(rig, loop, name));
        loop.mainLoopWait(true);
        for (const fd of [b!, a!, c!]) rig.kick(fd);
        expect(loop.mainLoopWait(true)).toBe(3);
        expect(rig.taken()).toEqual(['c', 'b', 'a']);
        expect(loop.mainLoopWait(true)).toBe(0);
      }
    }),
  );

  it(
    'gives 200 ready fds in one iteration',
    rigged(make, (rig) => {
      const loop = rig.loop();
      for (let i = 0; i < 200; i++) rig.kick(watch(rig, loop, 'x'));
      loop.mainLoopWait(true);
      expect(rig.taken()).toHaveLength(200);
      expect(loop.watched).toEqual({ fds: 202, fdmon: 'epoll' });
    }),
  );

  it(
    'a nested one takes over the handlers that the outer has not called',
    rigged(make, (rig) => {
      const loop = rig.loop();
      const a = watch(rig, loop, 'a');
      const b = watch(rig, loop, 'b', () => {
        loop.mainLoopWait(true);
        rig.log.push('end of b');
      });
      rig.kick(a);
      rig.kick(b);
      loop.mainLoopWait(true);
      loop.mainLoopWait(true);
      expect(rig.log).toEqual(['b', 'a', 'end of b']);
      expect(loop.iterations).toBe(3);
    }),
  );

  it(
    'a nested one forgets handlers that the outer found and that are gone since',
    rigged(make, (rig) => {
      const loop = rig.loop();
      const a = watch(rig, loop, 'a');
      const b = watch(rig, loop, 'b', () => {
        rig.drain(a);
        loop.mainLoopWait(true);
      });
      rig.kick(a);
      rig.kick(b);
      loop.mainLoopWait(true);
      expect(rig.log).toEqual(['b']);
    }),
  );

  it(
    'a nested one in a bottom half finishes the round, then continues',
    rigged(make, (rig) => {
      const loop = rig.loop();
      rig.kick(watch(rig, loop, 'io'));
      loop.timers.newTimer(0, 't', () => rig.log.push('timer')).modNs(1);
      loop.context.scheduleOneshot('1', () => rig.log.push('1'));
      loop.context.scheduleOneshot('N', () => {
        loop.mainLoopWait(true);
        rig.log.push('end of N');
      });
      loop.mainLoopWait(true);
      expect(rig.log).toEqual(['1', 'io', 'timer', 'end of N']);
    }),
  );

  it(
    'aio_poll never runs the iohandler context',
    rigged(make, (rig) => {
      const loop = rig.loop();
      rig.kick(watch(rig, loop, 'io'));
      loop.context.poll(false);
      expect(rig.log).toEqual([]);
      loop.mainLoopWait(true);
      expect(rig.log).toEqual(['io']);
    }),
  );

  it(
    'changes that handlers make count from the next iteration',
    rigged(make, (rig) => {
      const loop = rig.loop();
      const removed = watch(rig, loop, 'removed');
      const replaced = watch(rig, loop, 'replaced');
      const ready = rig.eventfd(1);
      const first = watch(rig, loop, 'first', () => {
        loop.setFdHandler(removed, null);
        for (const fd of [replaced, ready]) {
          loop.setFdHandler(fd, { ioRead: () => rig.log.push(`new ${rig.drain(fd)}`) });
        }
      });
      for (const fd of [removed, replaced, first]) rig.kick(fd);
      loop.mainLoopWait(true);
      expect(rig.taken()).toEqual(['first']);
      loop.mainLoopWait(true);
      expect(rig.log).toEqual(['new 8', 'new 8']);
    }),
  );

  it(
    'poll notifiers add fds, and see their events',
    rigged(make, (rig) => {
      const loop = rig.loop();
      const [near, far] = rig.socketpair();
      const wants = { fd: near, events: POLLIN | POLLOUT, revents: 0 };
      const notifier = loop.addPollNotifier((poll) => {
        if (poll.state === 'FILL') poll.fds.push(wants);
        else rig.log.push(`${poll.state} ${wants.revents}`);
      });
      const io = watch(rig, loop, 'io');
      for (const n of [0, 70]) {
        for (let i = 0; i < n; i++) watch(rig, loop, 'idle');
        expect(loop.mainLoopWait(false)).toBe(1);
        rig.kick(far);
        rig.kick(io);
        expect(loop.mainLoopWait(true)).toBe(2);
        expect(rig.drain(near)).toBe(8);
        expect(rig.taken()).toEqual(['OK 4', 'io', 'OK 5']);
      }
      notifier.dispose();
      loop.mainLoopWait(true);
      expect(rig.log).toEqual([]);
    }),
  );

  it(
    'if a source hides the contexts, fds of a poll notifier are only its own',
    rigged(make, (rig) => {
      const loop = rig.loop({ fdmon: 'poll' });
      const io = watch(rig, loop, 'io');
      loop.mainLoopWait(true);
      const { hides, notifier, added } = hideContexts(rig, loop);
      expect(loop.mainLoopWait(true)).toBe(1);
      expect(added.revents).toBe(POLLIN);
      const handlers = [...loop.context.handlers.values(), ...loop.iohandler.handlers.values()];
      expect(handlers.map(({ revents }) => revents)).toEqual(handlers.map(() => 0));
      hides.dispose();
      expect(loop.mainLoopWait(true)).toBe(1);
      rig.kick(io);
      expect(loop.mainLoopWait(true)).toBe(2);
      notifier.dispose();
      rig.kick(io);
      expect(loop.mainLoopWait(true)).toBe(1);
      expect(rig.log).toEqual(['io', 'io']);
    }),
  );

  it(
    'after both are gone, each handler has its own fd again',
    rigged(make, (rig) => {
      const loop = rig.loop({ fdmon: 'poll' });
      const io = watch(rig, loop, 'io');
      loop.mainLoopWait(true);
      const { hides, notifier } = hideContexts(rig, loop);
      loop.mainLoopWait(true);
      hides.dispose();
      notifier.dispose();
      expect(loop.mainLoopWait(true)).toBe(0);
      rig.kick(io);
      expect(loop.mainLoopWait(true)).toBe(1);
      expect(rig.log).toEqual(['io']);
    }),
  );

  it(
    'close releases all descriptors, those of epoll too, and may be repeated',
    rigged(make, (rig) => {
      const before = openFds(rig.host);
      for (const fdmon of ['auto', 'poll', 'epoll'] as const) {
        const loop = new MainLoop({ host: rig.host, fdmon });
        const fds = Array.from({ length: 70 }, () => rig.eventfd());
        for (const fd of fds) loop.setFdHandler(fd, { ioRead: () => {} });
        loop.mainLoopWait(true);
        loop.context.poll(false);
        loop.dispose();
        loop.dispose();
        for (const fd of fds) rig.close(fd);
      }
      expect(openFds(rig.host)).toEqual(before);
    }),
  );
});

describe('poll notifiers', () => {
  it(
    'get FILL and OK, the last added first, each as often as it was added',
    onSim((rig) => {
      const loop = rig.loop();
      const tell = (name: string) => (poll: MainLoopPoll) =>
        void rig.log.push(`${name}:${poll.state}`);
      const twice = tell('a');
      loop.addPollNotifier(twice);
      const second = loop.addPollNotifier(twice);
      loop.addPollNotifier(tell('b'));
      second.dispose();
      second.dispose();
      loop.mainLoopWait(true);
      expect(rig.log).toEqual(['b:FILL', 'a:FILL', 'b:OK', 'a:OK']);
    }),
  );

  it(
    'may shorten the sleep',
    onSim((rig) => {
      const loop = rig.loop();
      loop.mainLoopWait(true);
      const seen: number[] = [];
      loop.addPollNotifier((poll) => {
        if (poll.state !== 'FILL') return;
        seen.push(poll.timeoutMs);
        poll.timeoutMs = 3;
      });
      const startNs = rig.host.nowNs;
      loop.mainLoopWait(false);
      expect(rig.host.nowNs - startNs).toBeGreaterThanOrEqual(3 * MS);
      expect(rig.host.nowNs - startNs).toBeLessThan(4 * MS);
      loop.mainLoopWait(true);
      expect(seen).toEqual([-1, 0]);
    }),
  );

  it('get ERR if poll failed', () => {
    const host = new SimHost();
    const loop = new MainLoop({ host });
    const states: string[] = [];
    loop.addPollNotifier((poll) => states.push(poll.state));
    host.poll = () => -22;
    expect(loop.mainLoopWait(true)).toBe(-22);
    expect(states).toEqual(['FILL', 'ERR']);
    loop.close();
  });
});

describe('the length of its sleep', () => {
  it(
    'is exact for deadlines of its own timers, and rounded up to a millisecond for a context’s',
    onSim((rig) => {
      const loop = rig.loop();
      loop.mainLoopWait(true);
      const late = (timers: MainLoop['timers']): number => {
        const timer = timers.newTimer(0, 't', () => {});
        timer.modNs(rig.host.nowNs + 100_000);
        const dueNs = timer.expireTimeNs;
        while (timer.pending) loop.mainLoopWait(false);
        return rig.host.nowNs - dueNs;
      };
      expect(late(loop.timers)).toBeLessThan(1_000);
      expect(late(loop.context.timers)).toBeGreaterThan(800_000);
    }),
  );

  it(
    'is 10 ms for an idle bottom half',
    onSim((rig) => {
      const loop = rig.loop();
      loop.mainLoopWait(true);
      const idle = loop.newBottomHalf('idle', () => rig.log.push('idle'));
      idle.scheduleIdle();
      const startNs = rig.host.nowNs;
      loop.mainLoopWait(false);
      expect(rig.log).toEqual(['idle']);
      expect(rig.host.nowNs - startNs).toBeGreaterThanOrEqual(10 * MS);
    }),
  );

  it(
    'ends by a notification from outside, or by a notifyEvent before it',
    onSim((rig) => {
      const loop = rig.loop();
      loop.mainLoopWait(true);
      for (const ctx of [loop.context, loop.iohandler]) {
        rig.host.at(rig.host.nowNs + MS, () => ctx.notify());
        loop.mainLoopWait(false);
      }
      rig.host.at(rig.host.nowNs + MS, () => loop.notifyEvent());
      loop.mainLoopWait(false);
      loop.notifyEvent();
      loop.mainLoopWait(false);
      // Nothing is left that could wake it.
      loop.mainLoopWait(true);
      expect(() => loop.mainLoopWait(false)).toThrow('blocks for ever');
      loop.mainLoopWait(true);
    }),
  );

  it(
    'a notification between prepare and poll is not lost',
    onSim((rig) => {
      const loop = rig.loop();
      loop.mainLoopWait(true);
      class Notifies extends Source {
        prepare(): number {
          loop.context.notify();
          return -1;
        }
        check(): boolean {
          return false;
        }
        dispatch(): boolean {
          return true;
        }
      }
      const source = new Notifies('notifies', 0);
      loop.attachSource(source);
      loop.mainLoopWait(false);
      source.dispose();
      loop.mainLoopWait(true);
    }),
  );

  it(
    'a bottom half scheduled while notify_me is left set does not hang the next poll',
    onSim((rig) => {
      const loop = rig.loop();
      loop.mainLoopWait(true);
      // In the iteration of a high source, the contexts are prepared and not checked.
      const high = new IdleSource(() => false, G_PRIORITY_HIGH);
      loop.attachSource(high);
      loop.mainLoopWait(true);
      loop.context.scheduleOneshot('bh', () => rig.log.push('bh'));
      loop.mainLoopWait(false);
      expect(rig.log).toEqual(['bh']);
    }),
  );
});

describe('a timer of 400 days', () => {
  it('comes on time, though a sleep takes 104 days at most', () => {
    const host = new (class extends HostLens {
      override poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
        return super.poll(fds, nfds, Math.min(timeoutNs, 2 ** 53 - 1));
      }
    })(new SimHost());
    const loop = new MainLoop({ host });
    const days = (): number => host.clockNs(CLOCK_MONOTONIC) / 86400e9;
    const begin = days();
    const timer = loop.timers.newTimer(QEMU_CLOCK_REALTIME, 'long', () => loop.quit());
    timer.modFromNowNs(400 * 86400e9);
    loop.run();
    expect(days() - begin).toBeCloseTo(400, 6);
    // The first one never sleeps.
    expect(loop.iterations).toBe(5);
    loop.dispose();
  });
});

describe('run and quit', () => {
  it(
    'iterates until a callback quits',
    onSim((rig) => {
      const loop = rig.loop();
      let left = 3;
      const timer = loop.timers.newTimer(0, 't', () => {
        rig.log.push(`${left}`);
        if (--left > 0) timer.modFromNowNs(MS);
        else loop.quit();
      });
      timer.modFromNowNs(MS);
      loop.run();
      expect(rig.log).toEqual(['3', '2', '1']);
      loop.mainLoopWait(true);
    }),
  );
});

describe.each(hosts)('a loop that is closed on %s', (_kind, make) => {
  it(
    'ignores quit, notify and all that undoes; other calls say that it is closed',
    rigged(make, (rig) => {
      const loop = rig.loop();
      const fd = rig.eventfd();
      const handler = loop.setFdHandler(fd, { ioRead: () => {} });
      const notifier = loop.addPollNotifier(() => {});
      const source = loop.attachSource(new IdleSource(() => true));
      const bh = loop.newBottomHalf('bh', () => {});
      const all = [loop.timers, loop.context.timers, loop.iohandler.timers];
      const timers = all.map((group) => group.newTimer(0, 't', () => {}));
      for (const timer of timers) timer.modNs(1);
      bh.delete();
      loop.dispose();
      loop.quit();
      loop.notifyEvent();
      for (const one of [handler, notifier, source, bh, ...timers]) one.dispose();
      loop.setFdHandler(fd, null);
      const rest: (() => unknown)[] = [
        () => loop.mainLoopWait(true),
        () => loop.run(),
        () => loop.setFdHandler(fd, { ioRead: () => {} }),
        () => loop.newBottomHalf('late', () => {}),
        () => loop.context.scheduleOneshot('late', () => {}),
        () => loop.context.poll(false),
        () => loop.iohandler.poll(false),
        () => loop.addPollNotifier(() => {}),
        () => loop.attachSource(new IdleSource(() => true)),
        ...timers.flatMap((t) => [() => t.modNs(1), () => t.modFromNowNs(1)]),
      ];
      for (const call of rest) expect(call).toThrow(/: the loop is closed$/);
      expect(timers.map(({ pending }) => pending)).toEqual([false, false, false]);
    }),
  );

  const ways: Record<string, (rig: Rig, loop: MainLoop, close: () => void) => void> = {
    'a bottom half': (_rig, loop, close) => loop.context.scheduleOneshot('x', close),
    'a handler of the main context': (rig, loop, close) => {
      loop.context.setFdHandler(rig.eventfd(1), { ioRead: close, ioWrite: close });
    },
    'one of two handlers': (rig, loop, close) => {
      for (let i = 0; i < 2; i++) loop.setFdHandler(rig.eventfd(1), { ioRead: close });
    },
    'a timer of a context': (_rig, loop, close) => {
      for (let i = 1; i < 3; i++) loop.context.timers.newTimer(0, 'x', close).modNs(i);
    },
    'a timer of its own': (_rig, loop, close) => {
      for (let i = 1; i < 3; i++) loop.timers.newTimer(0, 'x', close).modNs(i);
    },
    'an idle source': (_rig, loop, close) => {
      loop.attachSource(
        new IdleSource(() => {
          close();
          return true;
        }),
      );
    },
    'a source that is asked': (_rig, loop, close) => {
      class Asked extends Source {
        prepare = () => {
          close();
          return -1;
        };
        check = () => false;
        dispatch = () => true;
      }
      loop.attachSource(new Asked('asked', 0));
    },
    'a poll notifier before the poll': (_rig, loop, close) => {
      loop.addPollNotifier(({ state }) => state === 'FILL' && close());
    },
    'a poll notifier after it': (_rig, loop, close) => {
      loop.context.scheduleOneshot('x', () => {});
      loop.addPollNotifier(({ state }) => state === 'OK' && close());
    },
  };

  it.each(Object.keys(ways))('%s may close it, which ends run, the outer ones too', (way) => {
    rigged(make, (rig) => {
      for (const fdmon of ['poll', 'epoll'] as const) {
        const loop = rig.loop({ fdmon });
        loop.mainLoopWait(true);
        ways[way]!(rig, loop, () => {
          rig.log.push('closed');
          loop.dispose();
        });
        loop.run();
        expect(rig.taken()).toEqual(['closed']);

        const outer = rig.loop({ fdmon });
        outer.context.scheduleOneshot('inner', () => {
          ways[way]!(rig, outer, () => outer.dispose());
          outer.run();
          rig.log.push('inner');
        });
        outer.run();
        expect(rig.taken()).toEqual(['inner']);
      }
    })();
  });
});

describe('quit', () => {
  it(
    'before run makes run return at once, and is then used up',
    onSim((rig) => {
      const loop = rig.loop();
      loop.quit();
      loop.run();
      expect(loop.iterations).toBe(0);
      loop.context.scheduleOneshot('quit', () => loop.quit());
      loop.run();
      expect(loop.iterations).toBeGreaterThan(0);
    }),
  );

  it(
    'ends only the innermost run',
    onSim((rig) => {
      const loop = rig.loop();
      loop.context.scheduleOneshot('outer', () => {
        loop.context.scheduleOneshot('inner', () => loop.quit());
        loop.run();
        rig.log.push('inner has ended');
        loop.context.scheduleOneshot('last', () => {
          rig.log.push('last');
          loop.quit();
        });
      });
      loop.run();
      expect(rig.log).toEqual(['inner has ended', 'last']);
    }),
  );

  it(
    'is forgotten if the iteration throws',
    onSim((rig) => {
      const loop = rig.loop();
      loop.context.scheduleOneshot('bad', () => {
        loop.quit();
        throw new Error('bad');
      });
      expect(() => loop.run()).toThrow('bad');
      loop.context.scheduleOneshot('quit', () => {
        rig.log.push('quit');
        loop.quit();
      });
      loop.run();
      expect(rig.log).toEqual(['quit']);
    }),
  );
});

describe('a nested main_loop_wait', () => {
  it(
    'changes what the outer dispatch finds pending further on',
    onSim((rig) => {
      class Late extends Source {
        prepare = () => -1;
        check = () => true;
        dispatch = () => {
          rig.log.push('late');
          return false;
        };
      }
      const loop = rig.loop();
      watch(rig, loop, 'a');
      const b = watch(rig, loop, 'b');
      const c = watch(rig, loop, 'c', () => {
        rig.drain(b);
        // It polls fds, and then the context is not looked at, since this has a higher priority.
        loop.attachSource(new Late('late', G_PRIORITY_HIGH));
        loop.mainLoopWait(true);
      });
      for (const fd of loop.iohandler.handlers.keys()) {
        if (fd !== loop.iohandler.notifierFd) rig.kick(fd);
      }
      expect(c).toBeGreaterThan(b);
      loop.mainLoopWait(true);
      expect(rig.taken()).toEqual(['c', 'late', 'a']);
    }),
  );
});

describe('a throw', () => {
  it(
    'leaves no handler ready',
    onSim((rig) => {
      const loop = rig.loop();
      const left = watch(rig, loop, 'left');
      const first = watch(rig, loop, 'first', () => {
        throw new Error('mine');
      });
      rig.kick(left);
      rig.kick(first);
      expect(() => loop.mainLoopWait(true)).toThrow('mine');
      expect(loop.iohandler.handlers.get(left)!.revents).toBe(0);
      loop.mainLoopWait(true);
      expect(rig.taken()).toEqual(['first', 'left']);
    }),
  );

  it.each(['bottom half', 'handler', 'timer', 'poll notifier'] as const)(
    'a %s comes out of main_loop_wait, and the loop goes on',
    (what) => {
      onSim((rig) => {
        const loop = rig.loop();
        const fail = (): never => {
          throw new Error(`from a ${what}`);
        };
        const io = watch(rig, loop, 'io');
        const bad = watch(rig, loop, 'bad', () => what === 'handler' && fail());
        rig.kick(io);
        rig.kick(bad);
        if (what === 'bottom half') loop.context.scheduleOneshot('bad', fail);
        if (what === 'timer') loop.timers.newTimer(0, 'bad', fail).modNs(1);
        const notifier = loop.addPollNotifier(() => what === 'poll notifier' && fail());
        expect(() => loop.mainLoopWait(true)).toThrow(`from a ${what}`);
        notifier.dispose();
        loop.mainLoopWait(true);
        loop.mainLoopWait(true);
        expect(rig.log.sort()).toEqual(['bad', 'io']);
      })();
    },
  );

  it('a loop whose constructor throws leaves nothing open', () => {
    const host = new SimHost();
    const before = openFds(host);
    const eventfd = host.eventfd.bind(host);
    let left = 1;
    host.eventfd = (count, flags) => (left-- > 0 ? eventfd(count, flags) : -EMFILE);
    expect(() => new MainLoop({ host })).toThrow('EMFILE');
    expect(openFds(host)).toEqual(before);
  });
});

describe('files on which epoll differs from poll', () => {
  const full = (rig: Rig, loop: MainLoop): void => {
    for (let i = 0; i < 70; i++) watch(rig, loop, 'idle');
    loop.mainLoopWait(true);
    expect(loop.watched.fdmon).toBe('epoll');
  };

  it(
    'a regular file: it goes back to poll, which finds it ready each time',
    onSim((rig) => {
      const loop = rig.loop();
      full(rig, loop);
      const file = rig.own(rig.host.open('/tmp/file', O_CREAT | O_RDWR, 0o600));
      const set = loop.setFdHandler(file, { ioRead: () => rig.log.push('file') });
      loop.mainLoopWait(true);
      loop.mainLoopWait(true);
      expect(loop.watched.fdmon).toBe('poll');
      set.dispose();
      loop.mainLoopWait(true);
      expect(rig.log).toEqual(['file', 'file']);
    }),
  );

  it(
    'one fd in both contexts: both handlers are called',
    onSim((rig) => {
      const loop = rig.loop();
      full(rig, loop);
      const fd = watch(rig, loop, 'iohandler');
      loop.context.setFdHandler(fd, { ioRead: () => rig.log.push('main') });
      rig.kick(fd);
      loop.mainLoopWait(true);
      expect(rig.log).toEqual(['main', 'iohandler']);
      expect(loop.watched.fdmon).toBe('poll');
    }),
  );

  it(
    'an fd closed while it is watched: the loop spins, as with poll',
    onSim((rig) => {
      const loop = rig.loop();
      full(rig, loop);
      const fd = watch(rig, loop, 'x');
      loop.mainLoopWait(true);
      rig.close(fd);
      for (let i = 0; i < 3; i++) expect(loop.mainLoopWait(false)).toBe(1);
      expect(loop.watched.fdmon).toBe('poll');
      loop.setFdHandler(fd, null);
      loop.mainLoopWait(true);
      expect(rig.log).toEqual([]);
    }),
  );
});

describe('poll and epoll', () => {
  type Step = { readonly op: 'watch' | 'unwatch' | 'kick' | 'iterate'; readonly fd: number };
  const step: fc.Arbitrary<Step> = fc.record({
    op: fc.constantFrom(...(['watch', 'unwatch', 'kick', 'kick', 'iterate'] as const)),
    fd: fc.nat(3),
  });
  const scripts = fc.array(fc.array(fc.array(step, { maxLength: 3 }), { maxLength: 3 }), {
    minLength: 4,
    maxLength: 4,
  });

  it('call the same handlers in the same order, whatever these do', () => {
    const play = (
      steps: readonly Step[],
      does: readonly (readonly (readonly Step[])[])[],
      fdmon: 'poll' | 'epoll',
    ) => {
      const log: string[] = [];
      onSim((rig) => {
        const loop = rig.loop({ fdmon });
        const fds = Array.from({ length: 4 }, () => rig.eventfd());
        const calls = [0, 0, 0, 0];
        const perform = ({ op, fd }: Step): void => {
          if (op === 'kick') rig.kick(fds[fd]!);
          else if (op === 'unwatch') loop.setFdHandler(fds[fd]!, null);
          else if (op === 'iterate') log.push(`iterated ${loop.mainLoopWait(true)}`);
          else loop.setFdHandler(fds[fd]!, { ioRead: () => call(fd) });
        };
        const call = (fd: number): void => {
          log.push(`fd ${fd}`);
          rig.drain(fds[fd]!);
          for (const one of does[fd]![calls[fd]!++] ?? []) perform(one);
        };
        for (const one of steps) perform(one);
        for (let i = 0; i < 3; i++) log.push(`iterated ${loop.mainLoopWait(true)}`);
        expect(loop.watched.fdmon).toBe(fdmon);
      })();
      return log;
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), scripts, (steps, does) => {
        expect(play(steps, does, 'epoll')).toEqual(play(steps, does, 'poll'));
      }),
      { numRuns: 200 },
    );
  });
});

it(
  'the phases of an iteration are traced',
  onSim((rig) => {
    const trace = new Tracer();
    attach(trace, ['main_loop_phase'], (_id, _time, phase) => rig.log.push(`${phase}`));
    const loop = rig.loop({ trace });
    loop.mainLoopWait(true);
    expect(rig.log).toEqual(['prepare', 'poll', 'check', 'dispatch', 'timers']);
  }),
);
