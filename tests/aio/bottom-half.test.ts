import { describe, expect, it } from 'vitest';
import type { AioContext } from '../../src/aio/aio-context.ts';
import type { BottomHalf } from '../../src/aio/bottom-half.ts';
import { BH_IDLE, BH_PENDING, BH_SCHEDULED } from '../../src/trace/bh-flags.ts';
import { Tracer } from '../../src/trace/tracer.ts';
import { onSim, type Rig } from '../support/rig.ts';
import { attach } from '../support/sinks.ts';

function named(rig: Rig, ctx: AioContext, ...names: string[]): BottomHalf[] {
  return names.map((name) => ctx.newBottomHalf(name, () => rig.log.push(name)));
}

describe('the order of bottom halves', () => {
  it(
    'is last-scheduled first',
    onSim((rig) => {
      const ctx = rig.context();
      for (const bh of named(rig, ctx, '1', '2', '3')) bh.schedule();
      expect(ctx.poll(false)).toBe(true);
      expect(rig.log).toEqual(['3', '2', '1']);
      expect(ctx.poll(false)).toBe(false);
    }),
  );

  it(
    'is not changed by a second schedule, which does not add a call either',
    onSim((rig) => {
      const ctx = rig.context();
      const [one, two] = named(rig, ctx, '1', '2');
      one!.schedule();
      two!.schedule();
      one!.schedule();
      ctx.poll(false);
      expect(rig.taken()).toEqual(['2', '1']);
      expect(ctx.poll(false)).toBe(false);
    }),
  );

  it(
    'puts bottom halves that a callback schedules, itself included, into the next round',
    onSim((rig) => {
      const ctx = rig.context();
      const b = ctx.newBottomHalf('b', () => rig.log.push('b'));
      const a: BottomHalf = ctx.newBottomHalf('a', () => {
        rig.log.push('a');
        b.schedule();
        if (rig.log.length < 3) a.schedule();
      });
      a.schedule();
      ctx.poll(false);
      expect(rig.taken()).toEqual(['a']);
      ctx.poll(false);
      expect(rig.taken()).toEqual(['a', 'b']);
      a.delete();
      ctx.poll(false);
      expect(rig.log).toEqual([]);
    }),
  );

  it(
    'scheduling one that has yet to run in this round adds no call',
    onSim((rig) => {
      const ctx = rig.context();
      const [b] = named(rig, ctx, 'b');
      const a = ctx.newBottomHalf('a', () => b!.schedule());
      b!.schedule();
      a.schedule();
      ctx.poll(false);
      expect(rig.log).toEqual(['b']);
      expect(ctx.poll(false)).toBe(false);
    }),
  );

  it(
    'a nested poll runs the rest of the outer round, then what came since',
    onSim((rig) => {
      const ctx = rig.context();
      const [one, two, fresh, four] = named(rig, ctx, '1', '2', 'new', '4');
      const nests = ctx.newBottomHalf('N', () => {
        rig.log.push('N(');
        fresh!.schedule();
        expect(ctx.computeTimeoutNs()).toBe(0);
        rig.log.push(`)=${ctx.poll(false)}`);
      });
      for (const bh of [one!, two!, nests, four!]) bh.schedule();
      ctx.poll(false);
      expect(rig.log).toEqual(['4', 'N(', '2', '1', 'new', ')=true']);
      expect(ctx.poll(false)).toBe(false);
    }),
  );

  it(
    'a bottom half may be called again from its own nested poll',
    onSim((rig) => {
      const ctx = rig.context();
      let depth = 0;
      const bh: BottomHalf = ctx.newBottomHalf('bh', () => {
        rig.log.push(`${depth}`);
        if (++depth < 3) {
          bh.schedule();
          ctx.poll(false);
        }
      });
      bh.schedule();
      ctx.poll(false);
      expect(rig.log).toEqual(['0', '1', '2']);
    }),
  );
});

describe('cancel and delete', () => {
  it(
    'cancel keeps it on the list, and a later schedule runs it at its old place',
    onSim((rig) => {
      const ctx = rig.context();
      const [x, y] = named(rig, ctx, 'x', 'y');
      x!.schedule();
      y!.schedule();
      x!.cancel();
      expect(x!.scheduled).toBe(false);
      x!.schedule();
      ctx.poll(false);
      expect(rig.log).toEqual(['y', 'x']);
    }),
  );

  it(
    'a cancelled one is not called, and counts neither for the timeout nor as progress',
    onSim((rig) => {
      const ctx = rig.context();
      const [x] = named(rig, ctx, 'x');
      x!.schedule();
      x!.cancel();
      expect(ctx.computeTimeoutNs()).toBe(-1);
      expect(ctx.poll(false)).toBe(false);
      expect(rig.log).toEqual([]);
    }),
  );

  it(
    'delete wins over a schedule before and after it, and frees in the next round',
    onSim((rig) => {
      const ctx = rig.context();
      const [x] = named(rig, ctx, 'x');
      x!.schedule();
      x!.delete();
      x!.schedule();
      expect(x!.deleted).toBe(true);
      expect(x!.scheduled).toBe(false);
      expect(ctx.computeTimeoutNs()).toBe(-1);
      expect(ctx.poll(false)).toBe(false);
      expect(rig.log).toEqual([]);
      expect([...ctx.bottomHalves.entries()]).toEqual([]);
    }),
  );

  it(
    'a callback may delete itself and others of its round',
    onSim((rig) => {
      const ctx = rig.context();
      const [other] = named(rig, ctx, 'other');
      const self: BottomHalf = ctx.newBottomHalf('self', () => {
        rig.log.push('self');
        self.schedule();
        self.delete();
        other!.delete();
      });
      other!.schedule();
      self.schedule();
      expect(ctx.poll(false)).toBe(true);
      expect(ctx.poll(false)).toBe(false);
      expect(rig.log).toEqual(['self']);
      expect([...ctx.bottomHalves.entries()]).toEqual([]);
    }),
  );

  it(
    'use after free throws an error with the name; dispose may be repeated',
    onSim((rig) => {
      const ctx = rig.context();
      const [x] = named(rig, ctx, 'x');
      x!.dispose();
      x!.dispose();
      ctx.poll(false);
      x!.dispose();
      for (const use of ['schedule', 'scheduleIdle', 'cancel', 'delete'] as const) {
        expect(() => x![use]()).toThrow("bottom half 'x' is used after it was deleted");
      }
      expect(x!.scheduled).toBe(false);
    }),
  );

  it(
    'a freed slot is reused for another bottom half, which the old handle cannot reach',
    onSim((rig) => {
      const ctx = rig.context();
      const [old] = named(rig, ctx, 'old');
      old!.delete();
      ctx.poll(false);
      const [young] = named(rig, ctx, 'young');
      young!.schedule();
      expect(() => old!.cancel()).toThrow('old');
      ctx.poll(false);
      expect(rig.log).toEqual(['young']);
    }),
  );
});

describe('idle bottom halves', () => {
  it(
    'wait 10 ms and are not progress; an ordinary schedule keeps them idle',
    onSim((rig) => {
      const ctx = rig.context();
      const [i, n] = named(rig, ctx, 'i', 'n');
      i!.scheduleIdle();
      expect(ctx.computeTimeoutNs()).toBe(10_000_000);
      i!.schedule();
      expect(ctx.computeTimeoutNs()).toBe(10_000_000);
      expect(ctx.poll(false)).toBe(false);
      i!.scheduleIdle();
      n!.schedule();
      expect(ctx.computeTimeoutNs()).toBe(0);
      expect(ctx.poll(false)).toBe(true);
      expect(rig.log).toEqual(['i', 'n', 'i']);
      expect(ctx.computeTimeoutNs()).toBe(-1);
    }),
  );

  it(
    'are ordinary ones again after their round',
    onSim((rig) => {
      const ctx = rig.context();
      const [i] = named(rig, ctx, 'i');
      i!.scheduleIdle();
      ctx.poll(false);
      i!.schedule();
      expect(ctx.poll(false)).toBe(true);
    }),
  );
});

describe('one-shots', () => {
  it(
    'run once, get their opaque, and are freed',
    onSim((rig) => {
      const ctx = rig.context();
      for (const n of [1, 2])
        ctx.scheduleOneshot('os', (opaque) => rig.log.push(`os ${opaque}`), n);
      expect(ctx.poll(false)).toBe(true);
      expect(ctx.poll(false)).toBe(false);
      expect(rig.log).toEqual(['os 2', 'os 1']);
      expect([...ctx.bottomHalves.entries()]).toEqual([]);
    }),
  );

  it(
    'made in a round wait for the next, even in a slot just freed',
    onSim((rig) => {
      const ctx = rig.context();
      ctx.scheduleOneshot('a', () => {
        rig.log.push('a');
        ctx.scheduleOneshot('b', () => rig.log.push('b'));
      });
      ctx.poll(false);
      expect(rig.taken()).toEqual(['a']);
      ctx.poll(false);
      expect(rig.taken()).toEqual(['b']);
    }),
  );

  it(
    'are freed even if they throw',
    onSim((rig) => {
      const ctx = rig.context();
      ctx.scheduleOneshot('bad', () => {
        throw new Error('from the one-shot');
      });
      expect(() => ctx.poll(false)).toThrow('from the one-shot');
      expect([...ctx.bottomHalves.entries()]).toEqual([]);
    }),
  );
});

describe('a callback that throws', () => {
  it(
    'leaves the rest of its round to the next poll, ahead of what came since',
    onSim((rig) => {
      const ctx = rig.context();
      const [first, last, since] = named(rig, ctx, 'first', 'last', 'since');
      const bad = ctx.newBottomHalf('bad', () => {
        since!.schedule();
        throw new Error('bad');
      });
      for (const bh of [last!, bad, first!]) bh.schedule();
      expect(() => ctx.poll(false)).toThrow('bad');
      expect(rig.taken()).toEqual(['first']);
      expect(ctx.computeTimeoutNs()).toBe(0);
      expect(ctx.poll(false)).toBe(true);
      expect(rig.log).toEqual(['last', 'since']);
    }),
  );

  it(
    'leaves nothing that close would not find',
    onSim((rig) => {
      const ctx = rig.context();
      const [last] = named(rig, ctx, 'last');
      ctx.scheduleOneshot('gone', () => {});
      last!.schedule();
      ctx.scheduleOneshot('bad', () => {
        throw new Error('bad');
      });
      expect(() => ctx.poll(false)).toThrow('bad');
      expect(() => ctx.close()).toThrow("BH 'last', 'gone' leaked");
      expect([...ctx.bottomHalves.entries()]).toEqual([]);
      expect(ctx.computeTimeoutNs()).toBe(-1);
    }),
  );
});

describe('the view of people and tools', () => {
  it(
    'entries lists names and flags',
    onSim((rig) => {
      const ctx = rig.context();
      const [a] = named(rig, ctx, 'a', 'b');
      a!.scheduleIdle();
      expect([...ctx.bottomHalves.entries()]).toEqual([
        { name: 'a', flags: BH_PENDING | BH_SCHEDULED | BH_IDLE },
        { name: 'b', flags: 0 },
      ]);
      a!.cancel();
      ctx.poll(false);
    }),
  );

  it(
    'traces show the life of a bottom half',
    onSim((rig) => {
      const trace = new Tracer();
      const events: unknown[][] = [];
      const names = [
        'aio_bh_enqueue',
        'aio_bh_poll',
        'aio_bh_call_begin',
        'aio_bh_call_end',
      ] as const;
      for (const name of names) {
        attach(trace, [name], (_id, _time, ...args) => {
          events.push([name, ...args.filter((arg) => arg !== undefined)]);
        });
      }
      const ctx = rig.context({ trace, name: 'io0' });
      const bh = ctx.newBottomHalf('bh', () => {});
      bh.schedule();
      ctx.poll(false);
      expect(events).toEqual([
        ['aio_bh_enqueue', 'io0', 'bh', 0, BH_SCHEDULED, 1],
        ['aio_bh_poll', 'io0', 1],
        ['aio_bh_call_begin', 'io0', 'bh', BH_PENDING | BH_SCHEDULED, 1],
        ['aio_bh_call_end', 'io0', 'bh', 1],
      ]);
    }),
  );

  it(
    'many bottom halves keep their identity',
    onSim((rig) => {
      const ctx = rig.context();
      const all = named(rig, ctx, ...Array.from({ length: 500 }, (_, i) => `${i}`));
      for (const bh of all) bh.schedule();
      ctx.poll(false);
      expect(rig.log).toEqual(all.map((bh) => bh.name).reverse());
    }),
  );
});
