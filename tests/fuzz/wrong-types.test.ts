import { expect, it } from 'vitest';
import { everyCall } from './generators/wrong-types.ts';

it('every public function rejects every wrong type, in each place, at the call', () => {
  expect(everyCall()).toEqual([]);
});
