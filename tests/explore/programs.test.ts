import { describe, expect, it } from 'vitest';
import { make, program } from '../../src/explore/built-in.ts';
import { type Explorer, explore } from '../../src/explore/explorer.ts';
import { MODELS } from '../../src/explore/operation.ts';
import { PROGRAMS } from '../../src/explore/programs/all.ts';

/** Too many states for a search that is not reduced. */
const LARGE = [
  'aio_context',
  'aio_co_schedule',
  'iothread_stop',
  'thread-pool-both',
  'thread-pool-looks',
];

function verdict(explorer: Explorer): string {
  const { failure } = explorer.search;
  expect(explorer.stopped).toBe(null);
  return failure === null ? 'no error' : failure.error;
}

/** A program can do all under PSO that it can under the others. */
const WEAKEST = 'PSO';

describe('as shipped: no error in any interleaving', () => {
  it.each(PROGRAMS.map((program) => [program.name, program] as const))('%s', (name, program) => {
    const made = make(program, '');
    const reduced = explore(made, { model: WEAKEST });
    expect(verdict(reduced)).toBe('no error');
    expect(reduced.search.ends).toBeGreaterThan(0);
    if (LARGE.includes(name)) return;
    const whole = explore(made, { model: WEAKEST, reduce: false, known: reduced });
    expect(verdict(whole)).toBe('no error');
    expect(reduced.search.states.count).toBeLessThan(whole.search.states.count);
  });
});

it('a thread that goes round in circles is an error, and takes no memory without end', () => {
  const made = program({
    spinner: (words) => {
      while (words.load(1) === 0);
    },
    other: (words) => words.sleepOn(2),
  });
  for (const reduce of [true, false]) {
    expect(verdict(explore(made, { model: 'PSO', reduce }))).toBe(
      'spinner: goes on after 1000 operations',
    );
  }
});

it.each(MODELS)('a search that is reduced has fewer states under %s', (model) => {
  const made = make(PROGRAMS.find(({ name }) => name === 'bql')!, '');
  const whole = explore(made, { model, reduce: false });
  expect(verdict(whole)).toBe('no error');
  const reduced = explore(made, { model, known: whole });
  expect(verdict(reduced)).toBe('no error');
  expect(reduced.search.states.count).toBeLessThan(whole.search.states.count);
});

it('what another has found of the threads is not found anew, and the search is the same', () => {
  const made = make(PROGRAMS.find(({ name }) => name === 'bql')!, '');
  const first = explore(made, { model: 'PSO' });
  const { runs } = first.parts.places;
  const again = explore(made, { model: 'PSO', known: first });
  expect(again.parts.places.runs).toBe(runs);
  // It knows all from its beginning: its first search is the other's last.
  expect(again.transitions).toBe(first.search.transitions);
  expect(again.search.states.count).toBe(first.search.states.count);
});
