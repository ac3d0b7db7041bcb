import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Queued, TimerQueue } from '../../src/aio/timer-queue.ts';

interface Entry extends Queued {
  readonly id: number;
  readonly at: number;
}

type Step =
  | { readonly do: 'insert'; readonly at: number }
  | { readonly do: 'remove'; readonly pick: number }
  | { readonly do: 'shift' };

/** Four times in a row have the same number of ns, and differ in the rest. */
function entry(id: number, at: number): Entry {
  const restNs = at % 4;
  return { id, at, expireTimeNs: at - restNs, restNs, seq: 0 };
}

function ids(queue: TimerQueue<Entry>): number[] {
  return [...queue].map(({ id }) => id);
}

/** Plays the steps on a queue and on a plain array, which is sorted by hand. */
function compare(steps: readonly Step[], everyStep: boolean): void {
  const queue = new TimerQueue<Entry>();
  const sorted: Entry[] = [];
  steps.forEach((step, id) => {
    if (step.do === 'insert') {
      const one = entry(id, step.at);
      let place = 0;
      while (place < sorted.length && sorted[place]!.at <= step.at) place++;
      sorted.splice(place, 0, one);
      expect(queue.insert(one)).toBe(place === 0);
    } else if (sorted.length > 0) {
      const place = step.do === 'shift' ? 0 : step.pick % sorted.length;
      const [one] = sorted.splice(place, 1);
      if (step.do === 'shift') expect(queue.takeDue(Number.POSITIVE_INFINITY)!).toBe(one);
      else queue.remove(one!);
    }
    expect(queue.size).toBe(sorted.length);
    expect(queue.firstNs).toBe(sorted[0]?.expireTimeNs ?? Number.POSITIVE_INFINITY);
    if (everyStep) expect(ids(queue)).toEqual(sorted.map((one) => one.id));
  });
  expect(queue.first).toBe(sorted[0] ?? null);
  expect(ids(queue)).toEqual(sorted.map((one) => one.id));
}

function anyStep(maxTime: number): fc.Arbitrary<Step> {
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('insert' as const), at: fc.nat(maxTime) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), pick: fc.nat() }) },
    { weight: 1, arbitrary: fc.constant({ do: 'shift' as const }) },
  );
}

describe('TimerQueue', () => {
  it('an empty queue has no first timer, and never expires', () => {
    const queue = new TimerQueue<Entry>();
    expect(queue.first).toBeNull();
    expect(queue.firstNs).toBe(Number.POSITIVE_INFINITY);
    expect([...queue]).toEqual([]);
  });

  it('keeps the order of insertion among equal deadlines, over many chunks', () => {
    const queue = new TimerQueue<Entry>();
    const expected = Array.from({ length: 500 }, (_, id) => id);
    for (const id of expected) expect(queue.insert(entry(id, 7))).toBe(id === 0);
    expect(ids(queue)).toEqual(expected);
    expect(expected.map(() => queue.takeDue(Number.POSITIVE_INFINITY)!.id)).toEqual(expected);
  });

  it('a timer armed again for the same time goes behind its equals', () => {
    const queue = new TimerQueue<Entry>();
    const [a, b] = [entry(1, 5), entry(2, 5)];
    queue.insert(a);
    queue.insert(b);
    queue.remove(a);
    expect(queue.insert(a)).toBe(false);
    expect(ids(queue)).toEqual([2, 1]);
  });

  it('takes rising, falling and equal deadlines', () => {
    for (const at of [(i: number) => i, (i: number) => 1000 - i, () => 5]) {
      compare(
        Array.from({ length: 300 }, (_, i) => ({ do: 'insert' as const, at: at(i) })),
        false,
      );
    }
  });

  it('refuses to remove a timer that is not in it', () => {
    const queue = new TimerQueue<Entry>();
    queue.insert(entry(1, 5));
    expect(() => queue.remove(entry(2, 4))).toThrow('not where it belongs');
  });

  it('agrees with a sorted array, few different deadlines', () => {
    fc.assert(
      fc.property(fc.array(anyStep(5), { maxLength: 300, size: 'max' }), (steps) => {
        compare(steps, false);
      }),
      { numRuns: 100 },
    );
  });

  it('agrees with a sorted array after each step', () => {
    fc.assert(
      fc.property(fc.array(anyStep(50), { maxLength: 150, size: 'max' }), (steps) => {
        compare(steps, true);
      }),
      { numRuns: 50 },
    );
  });

  it('agrees with a sorted array of ten thousand', () => {
    const steps = fc.array(anyStep(1_000_000), { minLength: 12_000, maxLength: 12_000 });
    fc.assert(
      fc.property(steps, (all) => compareLarge(all)),
      { numRuns: 2, endOnFailure: true },
    );
  });
});

/** Like compare, without an expect for each of 10^4 steps. */
function compareLarge(steps: readonly Step[]): void {
  const queue = new TimerQueue<Entry>();
  const live: Entry[] = [];
  steps.forEach((step, id) => {
    if (step.do === 'insert') {
      const one = entry(id, step.at);
      live.push(one);
      queue.insert(one);
    } else if (step.do === 'remove' && live.length > 0) {
      const place = step.pick % live.length;
      const one = live[place]!;
      live[place] = live.at(-1)!;
      live.pop();
      queue.remove(one);
    }
  });
  // Array.sort is stable, so sorting by id first gives FIFO order among equals.
  const sorted = live.sort((a, b) => a.id - b.id).sort((a, b) => a.at - b.at);
  expect(queue.size).toBe(sorted.length);
  expect(sorted.map(() => queue.takeDue(Number.POSITIVE_INFINITY)!.id)).toEqual(
    sorted.map(({ id }) => id),
  );
  expect(queue.size).toBe(0);
}
