import { describe, expect, it } from 'vitest';
import { type BuiltIn, make } from '../../src/explore/built-in.ts';
import { type Explorer, explore } from '../../src/explore/explorer.ts';
import { MODELS, type Model } from '../../src/explore/operation.ts';
import { PROGRAMS } from '../../src/explore/programs/all.ts';
import { storyOf } from '../../src/explore/story.ts';
import { list, read } from '../tree/files.ts';

/** Too many states for a search that is not reduced, under each model. */
const LARGE = ['aio_context', 'aio_co_schedule', 'iothread_stop'];

function verdict(explorer: Explorer): string {
  const { failure } = explorer.search;
  expect(explorer.stopped).toBe(null);
  return failure === null ? 'no error' : failure.error;
}

describe('as shipped: no error in any interleaving', () => {
  it.each(PROGRAMS.map((program) => [program.name, program] as const))('%s', (name, program) => {
    // Under PSO a program can do all that it can under the others.
    const models: readonly Model[] = LARGE.includes(name) ? ['PSO'] : MODELS;
    for (const model of models) {
      const reduced = explore(make(program, ''), { model });
      expect([model, verdict(reduced)]).toEqual([model, 'no error']);
      expect(reduced.search.ends).toBeGreaterThan(0);
      if (LARGE.includes(name)) continue;
      const whole = explore(make(program, ''), { model, reduce: false });
      expect([model, verdict(whole)]).toEqual([model, 'no error']);
      expect(reduced.search.states.count).toBeLessThan(whole.search.states.count);
    }
  });
});

const weakenings = PROGRAMS.flatMap((program) =>
  program.weakenings.map(
    (weakening) => [`${program.name} --without ${weakening.name}`, program, weakening] as const,
  ),
);

describe('weakened: the shortest way to an error', () => {
  it.each(weakenings)('%s', (_, program, { name, model }) => {
    const made = make(program, name);
    const whole = explore(made, { model, reduce: false });
    const reduced = explore(made, { model });
    expect(verdict(whole)).not.toBe('no error');
    expect(verdict(reduced)).not.toBe('no error');
    const story = storyOf(whole, program);
    expect(story.steps.length).toBeGreaterThan(3);
    expect(storyOf(reduced, program).steps.length).toBeGreaterThanOrEqual(story.steps.length);
  });

  it.each(weakenings.filter(([, , { model }]) => model === 'TSO'))(
    '%s: nothing without store buffers',
    (_, program, { name }) => {
      expect(verdict(explore(make(program, name), { model: 'SC' }))).toBe('no error');
    },
  );
});

/** The weakenings that comments of src name, as `program weakening`. */
function namedInSource(): string[] {
  const files = ['src/aio', 'src/thread'].flatMap((folder) => list(folder, '.ts')).map(read);
  return files.flatMap((text) => {
    const comments = text.replace(/\n *(?:\*|\/\/) */g, ' ');
    const named = comments.matchAll(/\bexplore ([\w-]+) --without ([\w-]+)/g);
    return [...named].map(([, program, weakening]) => `${program} ${weakening}`);
  });
}

it('the comment of each barrier names a weakening, and each weakening has its comment', () => {
  const known = weakenings.map(([, program, { name }]) => `${program.name} ${name}`);
  const named = new Set(namedInSource());
  expect([...named].filter((one) => !known.includes(one))).toEqual([]);
  expect(known.filter((one) => !named.has(one))).toEqual([]);
});

it('a weakening that a program does not have', () => {
  const [program] = PROGRAMS as readonly [BuiltIn];
  expect(() => make(program, 'nothing')).toThrow("aio_notify has no weakening 'nothing'");
});
