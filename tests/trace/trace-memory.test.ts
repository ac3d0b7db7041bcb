/** The events of a thread in shared memory. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CATALOGUE,
  EV,
  EVENT_NAMES,
  type EventDef,
  type EventName,
  isText,
} from '../../src/trace/catalogue.ts';
import { replayRings, type TraceRing } from '../../src/trace/ring.ts';
import { TraceMemory } from '../../src/trace/trace-memory.ts';
import type { TraceValue } from '../../src/trace/tracer.ts';

const THREAD = { tid: 7, name: 'io0' };

interface Event {
  readonly name: EventName;
  readonly timeNs: number;
  readonly args: readonly TraceValue[];
}

const anEvent: fc.Arbitrary<Event> = fc
  .record({
    name: fc.constantFrom(...EVENT_NAMES),
    timeNs: fc.nat(),
    texts: fc.array(fc.string({ unit: 'grapheme' }), { minLength: 8, maxLength: 8 }),
    numbers: fc.array(fc.integer(), { minLength: 8, maxLength: 8 }),
  })
  .map(({ name, timeNs, texts, numbers }) => {
    const { args }: EventDef = CATALOGUE[name];
    const values = args.map(([, type], i) => (isText(type) ? texts[i]! : numbers[i]!));
    return { name, timeNs, args: values };
  });

function write(memory: TraceMemory, events: readonly Event[]): void {
  for (const { name, timeNs, args } of events) memory.sink(EV[name], timeNs, ...args);
}

function read(ring: TraceRing): Event[] {
  const events: Event[] = [];
  ring.replay((id, timeNs, ...args) => {
    const name = EVENT_NAMES[id]!;
    events.push({ name, timeNs, args: args.slice(0, CATALOGUE[name].args.length) });
  });
  return events;
}

describe('TraceMemory', () => {
  it('gives back what was written, through the memory alone', () => {
    fc.assert(
      fc.property(fc.array(anEvent), (events) => {
        const memory = new TraceMemory(new SharedArrayBuffer(2 ** 17));
        write(memory, events);
        const other = new TraceMemory(memory.memory);
        expect(read(other.toRing(THREAD, EVENT_NAMES))).toEqual(events);
      }),
    );
  });

  it('keeps only the events that are asked for, and the last of them', () => {
    const memory = new TraceMemory(new SharedArrayBuffer(2 ** 12));
    for (let i = 0; i < 5; i++) {
      memory.sink(EV.bql_locked, i, 1);
      memory.sink(EV.bql_unlock, i, 1);
    }
    const ring = memory.toRing(THREAD, ['bql_locked'], 2);
    expect(read(ring).map(({ name, timeNs }) => [name, timeNs])).toEqual([
      ['bql_locked', 3],
      ['bql_locked', 4],
    ]);
    expect([ring.thread, ring.dropped]).toEqual([THREAD, 3]);
  });

  it('counts what comes after it is full, and writes nothing over', () => {
    // Room for two events after the header of 16 bytes.
    const memory = new TraceMemory(new SharedArrayBuffer(16 + 2 * 24));
    for (let i = 0; i < 5; i++) memory.sink(EV.bql_locked, i, i);
    const ring = memory.toRing(THREAD, EVENT_NAMES);
    expect(read(ring).map(({ args }) => args)).toEqual([[0], [1]]);
    const lost: unknown[] = [];
    const dropped = (...all: unknown[]): void => void lost.push(all);
    replayRings([ring], { sinkOf: () => () => {}, dropped });
    expect(lost).toEqual([[3, 1, THREAD]]);
  });

  it('loses all after the first that finds no room, so that none is missing between', () => {
    const memory = new TraceMemory(new SharedArrayBuffer(16 + 2 * 24));
    memory.sink(EV.bql_locked, 1, 1);
    memory.sink(EV.main_loop_phase, 2, 'a text that is too long for it');
    memory.sink(EV.bql_locked, 3, 1);
    const ring = memory.toRing(THREAD, EVENT_NAMES);
    expect([read(ring).length, ring.lostAfter]).toEqual([1, 2]);
  });

  it('has no thread until one has begun', () => {
    const memory = new TraceMemory(new SharedArrayBuffer(64));
    expect(memory.tid).toBe(0);
    memory.begin(7);
    expect(new TraceMemory(memory.memory).tid).toBe(7);
  });
});
