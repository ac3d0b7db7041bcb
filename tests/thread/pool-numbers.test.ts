import { expect, it } from 'vitest';
import { giveNumber, takeNumber } from '../../src/thread/pool-numbers.ts';
import { MASKS, MOST_WORKERS, PoolQueue } from '../../src/thread/pool-queue.ts';

it('a worker gets the lowest number that no other has', () => {
  const { words } = new PoolQueue();
  expect(Array.from({ length: 33 }, () => takeNumber(words))).toEqual([...Array(33).keys()]);
  giveNumber(words, 32);
  giveNumber(words, 31);
  giveNumber(words, 5);
  expect([takeNumber(words), takeNumber(words), takeNumber(words)]).toEqual([5, 31, 32]);
});

it('a number’s word of bits is looked at from then on', () => {
  const { words } = new PoolQueue();
  takeNumber(words);
  expect(words[MASKS]).toBe(1);
  for (let i = 1; i < MOST_WORKERS; i++) takeNumber(words);
  expect(words[MASKS]).toBe(31);
  giveNumber(words, 0);
  takeNumber(words);
  expect(words[MASKS]).toBe(31);
});
