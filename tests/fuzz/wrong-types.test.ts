import { expect, it } from 'vitest';
import { everyCall } from './generators/wrong-types.ts';

it('every public function refuses every wrong type of each argument in words of its own', () => {
  expect(everyCall()).toEqual([]);
});
