/** A record in memory: what it leaves out, and when it is over. */

import { expect, test } from 'vitest';
import { RecordRing } from '../../../src/host/record/ring.ts';

const piece = (tag: number, size = 1000): Uint8Array => new Uint8Array(size).fill(tag);
const tags = (ring: RecordRing): number[] => ring.pieces().map((one) => one[0]!);

/** The start, then a segment for each state; its piece has the segment's number. */
function ringOf(most: number, states: readonly number[]): RecordRing {
  const ring = new RecordRing(most);
  ring.add(piece(0));
  states.forEach((state, i) => {
    ring.mark(state);
    ring.add(piece(i + 1));
  });
  return ring;
}

test('while there is room nothing is left out', () => {
  expect(tags(ringOf(20_000, [7, 7, 7, 7]))).toEqual([0, 1, 2, 3, 4]);
});

test('the run between two marks of the same state is left out, the oldest first', () => {
  const ring = ringOf(10_000, Array(100).fill(7));
  expect(ring.size).toBeLessThanOrEqual(10_000);
  expect(ring.isOver).toBe(false);
  const kept = tags(ring);
  expect(kept[0]).toBe(0);
  expect(kept.at(-1)).toBe(100);
  // The end of the run is whole, and has at least half of the room.
  const tail = kept.slice(1);
  expect(tail).toEqual(tail.map((_, i) => 100 - tail.length + 1 + i));
  expect(tail.length).toBeGreaterThanOrEqual(4);
});

test('a change of the state is kept, what came back to the same one is not', () => {
  const states = [...Array(30).fill(7), 8, 7, ...Array(30).fill(9)];
  const kept = tags(ringOf(10_000, states));
  // The way from 7 to 9 leads over the mark after 8.
  expect(kept).toContain(32);
  expect(kept).not.toContain(31);
  expect(kept.at(-1)).toBe(states.length);
});

test('if all states differ the record is over, and its start is kept', () => {
  const ring = ringOf(
    10_000,
    Array.from({ length: 30 }, (_, i) => i),
  );
  expect(ring.isOver).toBe(true);
  expect(tags(ring)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('a mark is wanted once a segment is worth one', () => {
  const ring = new RecordRing(64_000);
  expect(ring.wantsMark(999)).toBe(false);
  expect(ring.wantsMark(1000)).toBe(true);
  ring.add(piece(0));
  expect(ring.wantsMark(0)).toBe(true);
  ring.mark(1);
  expect(ring.wantsMark(0)).toBe(false);
});
