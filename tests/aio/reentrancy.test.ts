import { expect, it } from 'vitest';
import { Tracer } from '../../src/trace/tracer.ts';
import { onSim } from '../support/rig.ts';
import { attach } from '../support/sinks.ts';

it(
  'a guarded bottom half marks its device, and is traced if the device is engaged already',
  onSim((rig) => {
    const trace = new Tracer();
    const seen: unknown[] = [];
    attach(trace, ['reentrant_aio'], (_id, _time, ctx, name) => seen.push([ctx, name]));
    const ctx = rig.context({ trace, name: 'io0' });
    const guard = { engagedInIo: false };
    const inner = ctx.newGuardedBottomHalf('inner', () => rig.log.push('inner'), guard);
    const outer = ctx.newGuardedBottomHalf(
      'outer',
      () => {
        rig.log.push(`engaged ${guard.engagedInIo}`);
        inner.schedule();
        ctx.poll(false);
        rig.log.push(`engaged ${guard.engagedInIo}`);
      },
      guard,
    );
    outer.schedule();
    ctx.poll(false);
    expect(rig.taken()).toEqual(['engaged true', 'inner', 'engaged true']);
    expect(guard.engagedInIo).toBe(false);
    expect(seen).toEqual([['io0', 'inner']]);
    inner.schedule();
    ctx.poll(false);
    expect(seen).toHaveLength(1);
    inner.delete();
    outer.delete();
    ctx.poll(false);
  }),
);

it(
  'the device is released if the callback throws',
  onSim((rig) => {
    const ctx = rig.context();
    const guard = { engagedInIo: false };
    const bh = ctx.newGuardedBottomHalf(
      'thrower',
      () => {
        throw new Error('from the callback');
      },
      guard,
    );
    bh.schedule();
    expect(() => ctx.poll(false)).toThrow('from the callback');
    expect(guard.engagedInIo).toBe(false);
    bh.delete();
    ctx.poll(false);
  }),
);
