import { expect, it } from 'vitest';
import { everyCall, silentCalls } from './generators/wrong-types.ts';
import { mayTake, TAKEN } from './taken-types.ts';

it('no wrong type given to a public function ends in an error of V8 or Node', () => {
  expect(everyCall()).toEqual([]);
});

it('none is taken in silence, except those of the list', () => {
  const silent = silentCalls().map(({ name, place, taken }) => ({
    call: `${name} ${place}`,
    taken,
  }));
  const wrong = silent.flatMap(({ call, taken }) =>
    taken.filter((value) => !mayTake(call, value)).map((value) => `${call}: ${value}`),
  );
  expect(wrong).toEqual([]);
  // The list names nothing else.
  const unused = TAKEN.filter(({ where }) => !silent.some(({ call }) => where.test(call)));
  expect(unused).toEqual([]);
});
