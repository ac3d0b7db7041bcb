import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AioContext } from '../../src/aio/aio-context.ts';
import type { Disposable } from '../../src/host/host.ts';
import { hosts, onSim, type Rig, rigged } from '../support/rig.ts';

/** A watched eventfd that logs its name, is drained, and then does `then`. */
function watch(rig: Rig, ctx: AioContext, name: string, then: () => void = () => {}): number {
  const fd = rig.eventfd();
  set(rig, ctx, fd, name, then);
  return fd;
}

function set(rig: Rig, ctx: AioContext, fd: number, name: string, then = () => {}): Disposable {
  const ioRead = (): void => {
    rig.log.push(name);
    rig.drain(fd);
    then();
  };
  return ctx.setFdHandler(fd, { ioRead, name });
}

describe.each(hosts)('fd handlers under aio_poll on %s', (_kind, make) => {
  it(
    'are called in order of registration, once for an event',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const [a, b, c] = ['a', 'b', 'c'].map((name) => watch(rig, ctx, name));
      for (const fd of [c!, a!, b!]) rig.kick(fd);
      expect(ctx.poll(false)).toBe(true);
      expect(rig.taken()).toEqual(['a', 'b', 'c']);
      expect(ctx.poll(false)).toBe(false);
    }),
  );

  it(
    'are called again while their fd is not drained',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const fd = rig.eventfd(1);
      ctx.setFdHandler(fd, { ioRead: () => rig.log.push('a') });
      expect([ctx.poll(false), ctx.poll(false)]).toEqual([true, true]);
      expect(rig.log).toEqual(['a', 'a']);
    }),
  );

  it(
    'a handler that is set again moves to the end',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const [a, b] = ['a', 'b'].map((name) => watch(rig, ctx, name));
      set(rig, ctx, a!, "a'");
      for (const fd of [a!, b!]) rig.kick(fd);
      ctx.poll(false);
      expect(rig.log).toEqual(['b', "a'"]);
    }),
  );

  it(
    'read comes before write; null removes both',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const [near, far] = rig.socketpair();
      rig.kick(far);
      ctx.setFdHandler(near, {
        ioRead: () => rig.log.push(`read ${rig.drain(near)}`),
        ioWrite: () => rig.log.push('write'),
      });
      ctx.poll(false);
      ctx.poll(false);
      expect(rig.log).toEqual(['read 8', 'write', 'write']);
      ctx.setFdHandler(near, null);
      expect(ctx.poll(false)).toBe(false);
    }),
  );

  it(
    'a hang-up and an error go to whoever is there',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const [reader, writer] = rig.pipe();
      ctx.setFdHandler(reader, { ioRead: () => rig.log.push('hang-up') });
      rig.close(writer);
      expect(ctx.poll(false)).toBe(true);
      ctx.setFdHandler(reader, null);
      const [reader2, writer2] = rig.pipe();
      rig.close(reader2);
      ctx.setFdHandler(writer2, { ioRead: () => rig.log.push('error, read') });
      expect(ctx.poll(false)).toBe(true);
      ctx.setFdHandler(writer2, { ioWrite: () => rig.log.push('error, write') });
      expect(ctx.poll(false)).toBe(true);
      expect(rig.log).toEqual(['hang-up', 'error, read', 'error, write']);
    }),
  );

  it(
    'what a handler removes is not called in this round, nor later',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const a = watch(rig, ctx, 'a', () => ctx.setFdHandler(b, null));
      const b = watch(rig, ctx, 'b', () => ctx.setFdHandler(a, null));
      rig.kick(a);
      rig.kick(b);
      expect(ctx.poll(false)).toBe(true);
      expect(ctx.poll(false)).toBe(false);
      expect(rig.log).toEqual(['a']);
    }),
  );

  it(
    'what a handler replaces, or removes and adds, is new in the next round',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const a = watch(rig, ctx, 'a', () => {
        set(rig, ctx, b, "b'");
        ctx.setFdHandler(c, null);
        set(rig, ctx, c, "c'");
      });
      const b = watch(rig, ctx, 'b');
      const c = watch(rig, ctx, 'c');
      for (const fd of [a, b, c]) rig.kick(fd);
      ctx.poll(false);
      expect(rig.taken()).toEqual(['a']);
      ctx.poll(false);
      expect(rig.log).toEqual(["b'", "c'"]);
    }),
  );

  it(
    'a read handler that removes or replaces its own ends the write handler’s turn',
    rigged(make, (rig) => {
      for (const then of ['remove', 'replace'] as const) {
        const ctx = rig.context();
        const [near, far] = rig.socketpair();
        rig.kick(far);
        ctx.setFdHandler(near, {
          ioRead: () => {
            rig.log.push(then);
            rig.drain(near);
            ctx.setFdHandler(
              near,
              then === 'remove' ? null : { ioRead: () => rig.log.push('new') },
            );
          },
          ioWrite: () => rig.log.push('write'),
        });
        expect(ctx.poll(false)).toBe(true);
        expect(ctx.poll(false)).toBe(false);
      }
      expect(rig.log).toEqual(['remove', 'replace']);
    }),
  );

  it(
    'an fd that is registered in a round waits for the next',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const ready = rig.eventfd(1);
      const a = watch(rig, ctx, 'a', () => set(rig, ctx, ready, 'new'));
      rig.kick(a);
      ctx.poll(false);
      expect(rig.taken()).toEqual(['a']);
      ctx.poll(false);
      expect(rig.log).toEqual(['new']);
    }),
  );

  it(
    'a bottom half that replaces a ready handler is in time',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const fd = watch(rig, ctx, 'old');
      rig.kick(fd);
      ctx.scheduleOneshot('bh', () => set(rig, ctx, fd, 'new'));
      ctx.poll(false);
      expect(rig.taken()).toEqual([]);
      ctx.poll(false);
      expect(rig.log).toEqual(['new']);
    }),
  );

  it(
    'a nested poll takes the ready list over',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const nest = (): void => void rig.log.push(`(${ctx.poll(false)})`);
      const [a, b, c] = ['a', 'b', 'c'].map((name) => watch(rig, ctx, name, nest));
      for (const fd of [a!, b!, c!]) rig.kick(fd);
      expect(ctx.poll(false)).toBe(true);
      expect(rig.log).toEqual(['a', 'b', 'c', '(false)', '(true)', '(true)']);
      expect(ctx.poll(false)).toBe(false);
    }),
  );

  it(
    'a handler that polls before it drained its fd is called again inside',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const fd = rig.eventfd(1);
      let depth = 0;
      ctx.setFdHandler(fd, {
        ioRead: () => {
          rig.log.push(`a${depth}`);
          if (depth++ < 2) ctx.poll(false);
          else rig.drain(fd);
        },
      });
      const b = watch(rig, ctx, 'b');
      rig.kick(b);
      ctx.poll(false);
      expect(rig.log).toEqual(['a0', 'a1', 'a2', 'b']);
    }),
  );

  it(
    'a handler that throws ends the round; what was ready is found again',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const bad = watch(rig, ctx, 'bad', () => {
        throw new Error('from a handler');
      });
      const after = watch(rig, ctx, 'after');
      rig.kick(bad);
      rig.kick(after);
      expect(() => ctx.poll(false)).toThrow('from a handler');
      expect(rig.taken()).toEqual(['bad']);
      expect(ctx.poll(false)).toBe(true);
      expect(rig.taken()).toEqual(['after']);
      expect(ctx.poll(false)).toBe(false);
    }),
  );

  it(
    'a nested poll that throws through an outer handler leaves both rounds whole',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const outer = watch(rig, ctx, 'outer', () => ctx.poll(false));
      const bad = watch(rig, ctx, 'bad', () => {
        throw new Error('deep');
      });
      const last = watch(rig, ctx, 'last');
      for (const fd of [outer, bad, last]) rig.kick(fd);
      expect(() => ctx.poll(false)).toThrow('deep');
      ctx.poll(false);
      rig.kick(outer);
      ctx.poll(false);
      expect(rig.log).toEqual(['outer', 'bad', 'last', 'outer']);
    }),
  );

  it(
    'external handlers are held back, and their events kept',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const ext = rig.eventfd();
      const ioRead = (): void => void rig.log.push(`ext ${rig.drain(ext)}`);
      ctx.setFdHandler(ext, { ioRead, isExternal: true });
      const int = watch(rig, ctx, 'int', () => rig.log.push('!'));
      ctx.disableExternal();
      ctx.disableExternal();
      rig.kick(ext);
      rig.kick(int);
      ctx.poll(false);
      ctx.enableExternal();
      expect(ctx.poll(false)).toBe(false);
      ctx.enableExternal();
      expect(ctx.wakeup.notified).toBe(true);
      ctx.poll(false);
      expect(rig.log).toEqual(['int', '!', 'ext 8']);
      expect(() => ctx.enableExternal()).toThrow('without aio_disable_external');
    }),
  );

  it(
    'a read handler that disables external ones holds its own write handler back',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const [near, far] = rig.socketpair();
      rig.kick(far);
      ctx.setFdHandler(near, {
        ioRead: () => {
          rig.drain(near);
          ctx.disableExternal();
        },
        ioWrite: () => rig.log.push('write'),
        isExternal: true,
      });
      ctx.poll(false);
      expect(rig.log).toEqual([]);
      ctx.enableExternal();
      ctx.poll(false);
      expect(rig.log).toEqual(['write']);
    }),
  );

  it(
    'the handle undoes its own registration only',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const fd = rig.eventfd(1);
      const first = set(rig, ctx, fd, 'first');
      const second = set(rig, ctx, fd, 'second');
      first.dispose();
      ctx.poll(false);
      expect(rig.taken()).toEqual(['second']);
      second.dispose();
      second.dispose();
      rig.kick(fd);
      expect(ctx.poll(false)).toBe(false);
      ctx.setFdHandler(fd, null).dispose();
      ctx.setFdHandler(fd, {}).dispose();
      expect(ctx.handlers.has(fd)).toBe(false);
    }),
  );
});

type FdOp =
  | { readonly op: 'watch' | 'unwatch' | 'kick'; readonly fd: number }
  | { readonly op: 'poll' };

const FDS = 4;
const fdOp: fc.Arbitrary<FdOp> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constantFrom(...(['watch', 'unwatch', 'kick', 'kick'] as const)),
      fd: fc.nat(FDS - 1),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ op: 'poll' as const }) },
);
const fdSteps = fc.array(fdOp, { maxLength: 40 });
/** What each fd's handler does in its first, second, … call, after it has drained its fd or not. */
const fdScripts = fc.array(
  fc.array(fc.record({ drain: fc.boolean(), ops: fc.array(fdOp, { maxLength: 3 }) }), {
    maxLength: 4,
  }),
  { minLength: FDS, maxLength: FDS },
);

interface FdMachine {
  watch(fd: number): void;
  unwatch(fd: number): void;
  kick(fd: number): void;
  drain(fd: number): void;
  poll(): boolean;
}

function play(
  make: (run: (fd: number) => void) => FdMachine,
  steps: readonly FdOp[],
  scripts: readonly (readonly { drain: boolean; ops: readonly FdOp[] }[])[],
): unknown[] {
  const seen: unknown[] = [];
  const calls = new Array<number>(FDS).fill(0);
  const perform = (step: FdOp): void => {
    if (step.op === 'poll') seen.push('(', `)=${machine.poll()}`);
    else machine[step.op](step.fd);
  };
  const machine = make((fd) => {
    seen.push(fd);
    const call = scripts[fd]![calls[fd]!++];
    if (call?.drain !== false) machine.drain(fd);
    for (const step of call?.ops ?? []) perform(step);
  });
  for (const step of steps) perform(step);
  seen.push(machine.poll(), machine.poll());
  return seen;
}

/**
 * aio_poll over fds, said simply: a round is what is ready at its beginning, in
 * order of registration. Whoever was registered anew since, or stands in a
 * round that began later, is not called by it.
 */
function fdModel(run: (fd: number) => void): FdMachine {
  const ready = new Array<boolean>(FDS).fill(false);
  let watched: { fd: number; round: number }[] = [];
  let rounds = 0;
  const without = (fd: number) => watched.filter((one) => one.fd !== fd);
  return {
    watch: (fd) => {
      watched = [...without(fd), { fd, round: 0 }];
    },
    unwatch: (fd) => {
      watched = without(fd);
    },
    kick: (fd) => {
      ready[fd] = true;
    },
    drain: (fd) => {
      ready[fd] = false;
    },
    poll: () => {
      const round = ++rounds;
      const found = watched.filter((one) => ready[one.fd]);
      for (const one of found) one.round = round;
      let progress = false;
      for (const one of found) {
        if (one.round !== round || !watched.includes(one)) continue;
        one.round = 0;
        progress = true;
        run(one.fd);
      }
      return progress;
    },
  };
}

function realFds(rig: Rig, ctx: AioContext, run: (fd: number) => void): FdMachine {
  const fds = Array.from({ length: FDS }, () => rig.eventfd());
  return {
    watch: (fd) => void ctx.setFdHandler(fds[fd]!, { ioRead: () => run(fd) }),
    unwatch: (fd) => void ctx.setFdHandler(fds[fd]!, null),
    kick: (fd) => rig.kick(fds[fd]!),
    drain: (fd) => void rig.drain(fds[fd]!),
    poll: () => ctx.poll(false),
  };
}

describe('any sequence of fd operations', () => {
  it.each(['poll', 'auto'] as const)('agrees with the model, fdmon %s', (fdmon) => {
    fc.assert(
      fc.property(fdSteps, fdScripts, (steps, scripts) => {
        onSim((rig) => {
          const ctx = rig.context({ fdmon });
          // Without it, a non-blocking poll need not look at the kernel at all.
          ctx.setFdHandler(rig.eventfd(), { ioRead: () => {} });
          const real = play((run) => realFds(rig, ctx, run), steps, scripts);
          expect(real).toEqual(play(fdModel, steps, scripts));
        })();
      }),
      { numRuns: 300 },
    );
  });

  it('poll and epoll call the same fds in every round', () => {
    const drained = Array.from({ length: FDS }, () => []);
    const rounds = (steps: readonly FdOp[], fdmon: 'poll' | 'epoll', make = hosts[0]![1]) => {
      let seen: unknown[] = [];
      rigged(make, (rig) => {
        const ctx = rig.context({ fdmon });
        ctx.setFdHandler(rig.eventfd(), { ioRead: () => {} });
        seen = play((run) => realFds(rig, ctx, run), steps, drained);
      })();
      return String(seen)
        .split('(')
        .map((round) => round.split(',').sort());
    };
    for (const [kind, make] of hosts) {
      fc.assert(
        fc.property(fdSteps, (steps) => {
          expect(rounds(steps, 'epoll', make)).toEqual(rounds(steps, 'poll', make));
        }),
        { numRuns: kind === 'sim' ? 150 : 40 },
      );
    }
  });
});
