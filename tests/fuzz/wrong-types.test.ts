import { expect, it } from 'vitest';
import { everyCall } from './generators/wrong-types.ts';

it('every public function with every wrong type, in each place: what is wrong is told where it is given', () => {
  expect(everyCall()).toEqual([]);
});
