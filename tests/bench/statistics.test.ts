import fc from 'fast-check';
import { expect, it } from 'vitest';
import { median, percentile } from '../../bench/statistics.ts';

it('the median is the middle value, or the mean of the two', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([7])).toBe(7);
});

it('a percentile is the smallest value that this share does not exceed', () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(percentile(values, 0.5)).toBe(50);
  expect(percentile(values, 0.99)).toBe(99);
  expect(percentile(values, 1)).toBe(100);
  expect(percentile([5], 0.01)).toBe(5);
});

it('both stay within the values, and do not change them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer(), { minLength: 1 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, share) => {
        const before = [...values];
        for (const value of [median(values), percentile(values, share)]) {
          expect(value).toBeGreaterThanOrEqual(Math.min(...values));
          expect(value).toBeLessThanOrEqual(Math.max(...values));
        }
        expect(values).toEqual(before);
      },
    ),
  );
});
