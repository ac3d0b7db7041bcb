import { describe, expect, it } from 'vitest';
import { PlainWords } from '../../../src/aio/wake/words.ts';

describe('plain words', () => {
  it('give back what was there before a change', () => {
    const words = new PlainWords(2);
    expect(words.exchange(1, 5)).toBe(0);
    expect(words.fetchAdd(1, 2)).toBe(5);
    expect(words.fetchOr(1, 8)).toBe(7);
    expect(words.fetchAnd(1, 12)).toBe(15);
    expect(words.load(1)).toBe(12);
    expect(words.load(0)).toBe(0);
  });

  it('compareExchange stores only over the expected value', () => {
    const words = new PlainWords(1);
    words.store(0, 3);
    expect(words.compareExchange(0, 4, 9)).toBe(3);
    expect(words.load(0)).toBe(3);
    expect(words.compareExchange(0, 3, 9)).toBe(3);
    expect(words.load(0)).toBe(9);
  });

  it('reserve keeps the values, adds zeros, and never shrinks', () => {
    const words = new PlainWords(2);
    words.store(1, 7);
    words.reserve(3);
    expect(words.length).toBe(4);
    expect([0, 1, 2, 3].map((i) => words.load(i))).toEqual([0, 7, 0, 0]);
    words.reserve(1);
    expect(words.length).toBe(4);
  });
});
