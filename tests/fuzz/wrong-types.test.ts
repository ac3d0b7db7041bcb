import { expect, it } from 'vitest';
import { everyCall } from './generators/wrong-types.ts';

it('no wrong type given to a public function ends in an error of V8 or Node', () => {
  expect(everyCall()).toEqual([]);
});
