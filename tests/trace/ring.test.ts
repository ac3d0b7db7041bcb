import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CATALOGUE,
  EVENT_NAMES,
  type EventDef,
  type EventId,
  isText,
} from '../../src/trace/catalogue.ts';
import { TraceRing } from '../../src/trace/ring.ts';
import { collect, type Seen, tracedRun } from './traced-run.ts';

function kept(ring: TraceRing): Seen[] {
  const seen: Seen[] = [];
  ring.replay(collect(seen));
  return seen;
}

/** Any event, with arguments of its types. */
const anyEvent: fc.Arbitrary<Seen> = fc.nat(EVENT_NAMES.length - 1).chain((id) => {
  const { args }: EventDef = CATALOGUE[EVENT_NAMES[id]!];
  const values = args.map(([, type]) => (isText(type) ? fc.string() : fc.maxSafeInteger()));
  return fc.record({
    id: fc.constant(id as EventId),
    timeNs: fc.maxSafeNat(),
    args: fc.tuple(...values),
  });
});

describe('the ring', () => {
  it('returns the last events, whatever they are, and counts the others', () => {
    fc.assert(
      fc.property(
        fc.array(anyEvent, { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        (events, size) => {
          const ring = new TraceRing(size);
          for (const { id, timeNs, args } of events) ring.sink(id, timeNs, ...args);
          expect(kept(ring)).toEqual(events.slice(-size));
          expect(ring.dropped).toBe(Math.max(0, events.length - size));
          expect(ring.firstNs).toBe(events.slice(-size)[0]?.timeNs ?? 0);
        },
      ),
    );
  });

  it('keeps a whole run if it is large enough', () => {
    const run = tracedRun();
    const ring = new TraceRing(run.length);
    for (const { id, timeNs, args } of run) ring.sink(id, timeNs, ...args);
    expect(kept(ring)).toEqual(run);
    expect(ring.dropped).toBe(0);
  });
});
