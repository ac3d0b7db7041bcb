import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AioContext } from '../../src/aio/aio-context.ts';
import type { BottomHalf } from '../../src/aio/bottom-half.ts';
import { RemoteBottomHalf } from '../../src/thread/remote-bottom-half.ts';
import { RemoteContext } from '../../src/thread/remote-context.ts';
import { onSim } from '../support/rig.ts';
import { runs } from '../support/runs.ts';
import { BhModel, type BhOp } from './bh-model.ts';

const BHS = 4;
const bhNumber = fc.nat(BHS - 1);
const op: fc.Arbitrary<BhOp> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constantFrom('schedule' as const), bh: bhNumber }) },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constantFrom(...(['scheduleIdle', 'cancel', 'delete', 'oneshot'] as const)),
      bh: bhNumber,
    }),
  },
  { weight: 3, arbitrary: fc.constant({ op: 'poll' as const }) },
);
/** Actions of each bottom half in its first, second, … call. */
const scripts = fc.array(fc.array(fc.array(op, { maxLength: 3 }), { maxLength: 4 }), {
  minLength: BHS,
  maxLength: BHS,
});

interface Machine {
  gone(id: number): boolean;
  schedule(id: number): void;
  scheduleIdle(id: number): void;
  cancel(id: number): void;
  delete(id: number): void;
  oneshot(id: number): void;
  poll(): boolean;
  timeoutNs(): number;
  scheduled(id: number): boolean;
}

/** Runs the steps on a machine that `make` builds around the callback. Returns all that was seen. */
function play(
  make: (run: (id: number) => void) => Machine,
  steps: readonly BhOp[],
  callbacks: readonly (readonly (readonly BhOp[])[])[],
  looks = true,
): unknown[] {
  const seen: unknown[] = [];
  const calls = new Array<number>(BHS).fill(0);
  const perform = (step: BhOp): void => {
    if (step.op === 'poll') seen.push('(', `)=${machine.poll()}`);
    else if (step.op === 'oneshot' || !machine.gone(step.bh)) machine[step.op](step.bh);
    // A look at the inbox empties it.
    if (looks) seen.push(machine.timeoutNs());
  };
  const machine = make((id) => {
    seen.push(`bh ${id}`);
    for (const step of callbacks[id]![calls[id]!++] ?? []) perform(step);
  });
  for (const step of steps) {
    perform(step);
    for (let id = 0; id < BHS; id++) seen.push(machine.scheduled(id));
  }
  return seen;
}

function realMachine(ctx: AioContext, run: (id: number) => void): Machine {
  const bhs = Array.from({ length: BHS }, (_, id) => ctx.newBottomHalf(`${id}`, run, id));
  return {
    gone: (id) => bhs[id]!.slot === 0,
    schedule: (id) => bhs[id]!.schedule(),
    scheduleIdle: (id) => bhs[id]!.scheduleIdle(),
    cancel: (id) => bhs[id]!.cancel(),
    delete: (id) => bhs[id]!.delete(),
    oneshot: (id) => ctx.scheduleOneshot(`${id}`, run, id),
    poll: () => ctx.poll(false),
    timeoutNs: () => ctx.computeTimeoutNs(),
    scheduled: (id) => bhs[id]!.scheduled,
  };
}

/** The same, but all bottom halves except one are shared, and every second call is a remote one. */
function sharedMachine(ctx: AioContext, run: (id: number) => void): Machine {
  const real = realMachine(ctx, run);
  const bhs = Array.from({ length: BHS }, (_, id) => ctx.newBottomHalf(`${id}`, run, id));
  const remotes = bhs.map((bh, id) =>
    id === 0 ? bh : RemoteBottomHalf.from(bh.share(), ctx.host),
  );
  ctx.newEntry('run', (id) => run(id!));
  const remote = RemoteContext.from(ctx.share(), ctx.host);
  let turn = 0;
  const of = (id: number): BottomHalf | RemoteBottomHalf => (turn++ % 2 === 0 ? bhs : remotes)[id]!;
  return {
    gone: (id) => bhs[id]!.slot === 0,
    schedule: (id) => void of(id).schedule(),
    scheduleIdle: (id) => void of(id).scheduleIdle(),
    cancel: (id) => void of(id).cancel(),
    delete: (id) => void of(id).delete(),
    oneshot: (id) => {
      if (turn++ % 2 === 0) real.oneshot(id);
      else remote.scheduleOneshot('run', id);
    },
    poll: real.poll,
    timeoutNs: real.timeoutNs,
    scheduled: (id) => (turn++ % 2 === 0 ? bhs : remotes)[id]!.scheduled,
  };
}

describe('any sequence', () => {
  it('with other threads agrees with the model: one order, whoever scheduled', () => {
    fc.assert(
      fc.property(
        fc.array(op, { maxLength: 30 }),
        scripts,
        fc.boolean(),
        (steps, callbacks, looks) => {
          onSim((rig) => {
            const ctx = rig.context();
            const real = play((run) => sharedMachine(ctx, run), steps, callbacks, looks);
            const model = play((run) => new BhModel(BHS, run), steps, callbacks, looks);
            expect(real).toEqual(model);
            try {
              ctx.close();
            } catch {
              // As below.
            }
          })();
        },
      ),
      { numRuns: runs(200) },
    );
  });

  it('of schedules, cancels, deletes, one-shots and nested polls agrees with the model', () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 30 }), scripts, (steps, callbacks) => {
        onSim((rig) => {
          const ctx = rig.context();
          const real = play((run) => realMachine(ctx, run), steps, callbacks);
          const model = play((run) => new BhModel(BHS, run), steps, callbacks);
          expect(real).toEqual(model);
          try {
            ctx.close();
          } catch {
            // Closing reports bottom halves that are still scheduled, which does not matter here.
          }
        })();
      }),
      { numRuns: runs(200) },
    );
  });
});
