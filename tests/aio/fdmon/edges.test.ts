import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventNotifier } from '../../../src/aio/event-notifier.ts';
import { POLLIN } from '../../../src/host/constants.ts';
import type { Host, HostBuffer } from '../../../src/host/host.ts';
import { HostLens } from '../../../src/host/lenses/lens.ts';
import { LinuxHost } from '../../../src/host/linux/linux-host.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';
import { hosts, onSim, type Rig, rigged } from '../../support/rig.ts';
import { runs } from '../../support/runs.ts';

/** Counts reads. */
class ReadCounter extends HostLens {
  reads = 0;

  override read(fd: number, buf: HostBuffer, offset: number, count: number): number {
    this.reads++;
    return super.read(fd, buf, offset, count);
  }
}

const counted: readonly (readonly [string, () => ReadCounter])[] = [
  ['sim', () => new ReadCounter(new SimHost())],
  ['linux', () => new ReadCounter(new LinuxHost())],
];

function isReadable(host: Host, fd: number): boolean {
  const fds = host.alloc(8);
  fds.i32[0] = fd;
  fds.i32[1] = POLLIN;
  return host.poll(fds, 1, 0) === 1;
}

describe.each(counted)('clearing an event notifier on %s', (_kind, make) => {
  it.each(['auto', 'epoll'] as const)('takes no read in aio_poll, fdmon %s', (fdmon) => {
    rigged(make, (rig) => {
      const ctx = rig.context({ fdmon });
      const notifier = new EventNotifier(rig.host);
      ctx.setEventNotifier(notifier, { ioRead: (n) => rig.log.push(`${n.testAndClear()}`) });
      for (let i = 0; i < 3; i++) {
        notifier.set();
        expect(ctx.poll(true)).toBe(true);
      }
      expect(ctx.poll(false)).toBe(false);
      expect(rig.taken()).toEqual(['true', 'true', 'true']);
      expect(rig.host.reads).toBe(0);
      ctx.close();
      notifier.dispose();
    })();
  });

  it(
    'takes no read in main_loop_wait',
    rigged(make, (rig) => {
      const loop = rig.loop();
      const notifier = new EventNotifier(rig.host);
      const handlers = { ioRead: (n: EventNotifier) => rig.log.push(`${n.testAndClear()}`) };
      loop.iohandler.setEventNotifier(notifier, handlers);
      for (let i = 0; i < 3; i++) {
        notifier.set();
        loop.mainLoopWait(false);
      }
      loop.mainLoopWait(true);
      expect(rig.taken()).toEqual(['true', 'true', 'true']);
      expect(rig.host.reads).toBe(0);
      loop.close();
      notifier.dispose();
    }),
  );
});

describe.each(hosts)('an event notifier that is watched by its edges, on %s', (_kind, make) => {
  const watching = (
    body: (rig: Rig, notifier: EventNotifier, clears: { on: boolean }) => void,
  ): (() => void) =>
    rigged(make, (rig) => {
      const loop = rig.loop();
      const notifier = new EventNotifier(rig.host);
      const clears = { on: true };
      loop.context.setEventNotifier(notifier, {
        ioRead: (n) => rig.log.push(clears.on ? `n=${n.testAndClear()}` : 'n'),
      });
      play = {
        poll: () => loop.context.poll(false),
        wait: () => void loop.mainLoopWait(true),
        unwatch: () => void loop.context.setEventNotifier(notifier, null),
        settle: () => loop.context.settleNotifiers(),
      };
      try {
        body(rig, notifier, clears);
      } finally {
        play.unwatch();
        notifier.dispose();
      }
    });
  let play: Record<'poll' | 'wait' | 'unwatch' | 'settle', () => void>;

  it(
    'is found again until its handler clears it',
    watching((rig, notifier, clears) => {
      clears.on = false;
      notifier.set();
      play.poll();
      play.poll();
      clears.on = true;
      play.poll();
      play.poll();
      expect(rig.taken()).toEqual(['n', 'n', 'n=true']);
    }),
  );

  it(
    'is not reported twice if poll and wait look in turn',
    watching((rig, notifier) => {
      for (const [first, second] of [
        [play.poll, play.wait],
        [play.wait, play.poll],
      ] as const) {
        notifier.set();
        first();
        second();
        first();
        expect(rig.taken()).toEqual(['n=true']);
      }
    }),
  );

  it(
    'is reported by the second of poll and wait if the first did not clear it',
    watching((rig, notifier, clears) => {
      clears.on = false;
      notifier.set();
      play.poll();
      clears.on = true;
      play.wait();
      play.wait();
      play.poll();
      expect(rig.taken()).toEqual(['n', 'n=true']);
    }),
  );

  it(
    'is watched by its edges in the first of two contexts, and neither loses an event',
    rigged(make, (rig) => {
      const [a, b] = [rig.context(), rig.context()];
      const notifier = new EventNotifier(rig.host);
      for (const [name, ctx] of [
        ['a', a],
        ['b', b],
      ] as const) {
        ctx.setEventNotifier(notifier, {
          ioRead: (n) => n.testAndClear() && rig.log.push(name),
        });
      }
      for (const first of [a, b, b, a]) {
        notifier.set();
        first.poll(false);
        for (let i = 0; i < 2; i++) for (const ctx of [a, b]) ctx.poll(false);
        expect(rig.taken()).toEqual([first === a ? 'a' : 'b']);
      }
      a.close();
      b.close();
      notifier.dispose();
    }),
  );

  it(
    'is not reported again after it was held back',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const [own, other] = [new EventNotifier(rig.host), new EventNotifier(rig.host)];
      const ioRead = (n: EventNotifier) => rig.log.push(`${n.testAndClear()}`);
      ctx.setEventNotifier(own, { isExternal: true, ioRead });
      // Keeps the epoll in use while the first is out of it.
      ctx.setEventNotifier(other, { ioRead });
      own.set();
      ctx.poll(false);
      ctx.disableExternal();
      ctx.poll(false);
      ctx.enableExternal();
      ctx.poll(false);
      expect(rig.taken()).toEqual(['true']);
      ctx.close();
      own.dispose();
      other.dispose();
    }),
  );

  it(
    'counts any number of sets before the clear as one event, even after the report',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const [a, b] = [new EventNotifier(rig.host), new EventNotifier(rig.host)];
      // Both are reported; whichever is called first sets the other again.
      for (const [own, other] of [
        [a, b],
        [b, a],
      ] as const) {
        ctx.setEventNotifier(own, {
          ioRead: () => {
            const first = rig.log.length === 0;
            rig.log.push(`${own.testAndClear()}`);
            if (first) other.set();
          },
        });
      }
      a.set();
      b.set();
      for (let i = 0; i < 3; i++) ctx.poll(false);
      expect(rig.taken()).toEqual(['true', 'true']);
      ctx.close();
      a.dispose();
      b.dispose();
    }),
  );

  it(
    'is readable exactly while it is set, after it is unwatched',
    watching((rig, notifier, clears) => {
      notifier.set();
      play.poll();
      play.unwatch();
      expect(isReadable(rig.host, notifier.fd)).toBe(false);
      clears.on = false;
      notifier.set();
      expect(isReadable(rig.host, notifier.fd)).toBe(true);
      expect(notifier.testAndClear()).toBe(true);
      expect(notifier.testAndClear()).toBe(false);
    }),
  );

  it(
    'has the right descriptor state after settleNotifiers',
    watching((rig, notifier) => {
      notifier.set();
      play.poll();
      play.settle();
      expect(isReadable(rig.host, notifier.fd)).toBe(false);
      expect(notifier.testAndClear()).toBe(false);
      notifier.set();
      play.settle();
      expect(isReadable(rig.host, notifier.fd)).toBe(true);
      play.poll();
      expect(rig.taken()).toEqual(['n=true', 'n=true']);
    }),
  );

  it(
    'never loses a set by another process, whatever call looks first',
    watching((rig, notifier) => {
      for (const look of [play.poll, play.wait, play.settle, play.wait, play.poll]) {
        rig.kick(notifier.fd);
        look();
        play.poll();
        expect(rig.taken()).toContain('n=true');
        // The open debt is settled by this wait, and a set before it is reported.
        rig.kick(notifier.fd);
        play.wait();
        expect(rig.taken()).toContain('n=true');
      }
    }),
  );
});

type Op =
  | { readonly op: 'set' | 'clear' | 'watch' | 'unwatch'; readonly n: number }
  | { readonly op: 'poll' | 'wait' | 'settle' | 'hold' | 'release' };
type Script = readonly { readonly clears: boolean; readonly ops: readonly Op[] }[];

const NOTIFIERS = 4;
const oneOp: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constantFrom(...(['set', 'set', 'set', 'clear', 'watch', 'unwatch'] as const)),
      n: fc.nat(NOTIFIERS - 1),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constantFrom(...(['poll', 'poll', 'wait', 'settle', 'hold', 'release'] as const)),
    }),
  },
);
const program = fc.array(oneOp, { maxLength: 60 });
const scripts: fc.Arbitrary<readonly Script[]> = fc.array(
  fc.array(fc.record({ clears: fc.boolean(), ops: fc.array(oneOp, { maxLength: 2 }) }), {
    maxLength: 5,
  }),
  { minLength: NOTIFIERS, maxLength: NOTIFIERS },
);

/** Runs a program. Returns the calls, and the result of every clear. */
function run(rig: Rig, edges: boolean, idle: number, ops: readonly Op[], does: readonly Script[]) {
  const seen: string[] = [];
  const loop = rig.loop({ edges });
  const ctx = loop.context;
  const notifiers = Array.from({ length: NOTIFIERS }, () => new EventNotifier(rig.host));
  const calls = notifiers.map(() => 0);
  let held = 0;
  let depth = 0;
  // With enough of them aio_poll changes to epoll.
  for (let i = 0; i < idle; i++) ctx.setFdHandler(rig.eventfd(), { ioRead: () => {} });
  const watch = (n: number): void => {
    ctx.setEventNotifier(notifiers[n]!, {
      isExternal: n === 0,
      ioRead: (notifier) => {
        const { clears, ops: next } = does[n]![calls[n]!++] ?? { clears: true, ops: [] };
        seen.push(`${n}${clears ? `=${notifier.testAndClear()}` : ''}`);
        for (const op of next) act(op);
      },
    });
  };
  const act = (op: Op): void => {
    switch (op.op) {
      case 'set':
        notifiers[op.n]!.set();
        break;
      case 'clear':
        seen.push(`clear ${op.n}=${notifiers[op.n]!.testAndClear()}`);
        break;
      case 'watch':
        watch(op.n);
        break;
      case 'unwatch':
        ctx.setEventNotifier(notifiers[op.n]!, null);
        break;
      case 'settle':
        ctx.settleNotifiers();
        break;
      case 'hold':
        held++;
        ctx.disableExternal();
        break;
      case 'release':
        if (held > 0) ctx.enableExternal();
        held = Math.max(0, held - 1);
        break;
      default:
        if (depth > 2) return;
        depth++;
        seen.push('(');
        if (op.op === 'poll') seen.push(`)=${ctx.poll(false)}`);
        else {
          loop.mainLoopWait(true);
          seen.push(')');
        }
        depth--;
    }
  };
  for (let n = 0; n < NOTIFIERS; n++) watch(n);
  for (const op of ops) act(op);
  while (held > 0) act({ op: 'release' });
  for (const op of ['poll', 'wait', 'poll'] as const) act({ op });
  for (const notifier of notifiers) notifier.dispose();
  return seen;
}

describe('event notifiers behave the same by edges and by level', () => {
  it.each([
    ['poll', 0],
    ['epoll', 64],
  ])('in random programs on the simulated host, aio_poll on %s', (_name, idle) => {
    fc.assert(
      fc.property(program, scripts, (ops, does) => {
        const seen: string[][] = [];
        for (const edges of [true, false]) {
          onSim((rig) => void seen.push(run(rig, edges, idle, ops, does)))();
        }
        expect(seen[0]).toEqual(seen[1]);
      }),
      { numRuns: runs(80) },
    );
  });
});
