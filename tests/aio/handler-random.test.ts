import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AioContext } from '../../src/aio/aio-context.ts';
import { hosts, onSim, type Rig, rigged } from '../support/rig.ts';
import { runs } from '../support/runs.ts';

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
/** Actions of each fd's handler in its first, second, … call, and whether it drains its fd first. */
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
 * aio_poll over fds, in simple terms: a round has the fds that are ready at its beginning, in
 * order of registration. It does not call handlers that were registered since, or that are in
 * a round that began later.
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
  it.each([
    ['poll', 1],
    ['auto', 1],
    ['auto', 20],
  ] as const)('agrees with the model, fdmon %s, %d idle fds', (fdmon, idle) => {
    fc.assert(
      fc.property(fdSteps, fdScripts, (steps, scripts) => {
        onSim((rig) => {
          const ctx = rig.context({ fdmon });
          // Without idle fds a non-blocking poll need not ask the kernel at all; with many it
          // may ask an epoll, and must call in the same order.
          for (let i = 0; i < idle; i++) ctx.setFdHandler(rig.eventfd(), { ioRead: () => {} });
          const real = play((run) => realFds(rig, ctx, run), steps, scripts);
          expect(real).toEqual(play(fdModel, steps, scripts));
        })();
      }),
      { numRuns: runs(150) },
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
        { numRuns: runs(kind === 'sim' ? 75 : 25) },
      );
    }
  });
});
