import { describe, expect, it } from 'vitest';
import { type BuiltIn, make } from '../../src/explore/built-in.ts';
import { type Explorer, explore } from '../../src/explore/explorer.ts';
import { MODELS } from '../../src/explore/operation.ts';
import { PROGRAMS } from '../../src/explore/programs/all.ts';
import { storyOf } from '../../src/explore/story.ts';
import { list, read } from '../tree/files.ts';

/** Algorithms of QEMU that are not in src: for comparison. */
const ELSEWHERE = ['bh-flag', 'notified-event', 'win32-qemu-event'];

function verdict(explorer: Explorer): string {
  const { failure } = explorer.search;
  expect(explorer.stopped).toBe(null);
  return failure === null ? 'no error' : failure.error;
}

const weakenings = PROGRAMS.flatMap((program) =>
  program.weakenings.map(
    (weakening) => [`${program.name} --without ${weakening.name}`, program, weakening] as const,
  ),
);

describe('weakened: the shortest way to an error', () => {
  it.each(weakenings)('%s', (_, program, { name, model }) => {
    const made = make(program, name);
    const whole = explore(made, { model, reduce: false });
    const reduced = explore(made, { model, known: whole });
    expect(verdict(whole)).not.toBe('no error');
    expect(verdict(reduced)).not.toBe('no error');
    const story = storyOf(whole, program);
    expect(story.steps.length).toBeGreaterThan(3);
    const nameless = story.steps.filter(({ operation }) => /\bword \d/.test(operation));
    expect(nameless).toEqual([]);
    expect(storyOf(reduced, program).steps.length).toBeGreaterThanOrEqual(story.steps.length);
  });

  it.each(weakenings.filter(([, , { model }]) => model !== 'SC'))(
    '%s: nothing under the next stronger model',
    (_, program, { name, model }) => {
      const stronger = MODELS[MODELS.indexOf(model) - 1]!;
      expect(verdict(explore(make(program, name), { model: stronger }))).toBe('no error');
    },
  );
});

/** The weakenings that comments of src name, as `program weakening`. */
function namedInSource(): string[] {
  const files = ['src/aio', 'src/host/record', 'src/thread']
    .flatMap((folder) => list(folder, '.ts'))
    .map(read);
  return files.flatMap((text) => {
    const comments = text.replace(/\n *(?:\*|\/\/) */g, ' ');
    const named = comments.matchAll(/\bexplore ([\w-]+) --without ([\w-]+)/g);
    return [...named].map(([, program, weakening]) => `${program} ${weakening}`);
  });
}

it('the comment of each barrier names a weakening, and each weakening has its comment', () => {
  const known = weakenings
    .filter(([, program]) => !ELSEWHERE.includes(program.name))
    .map(([, program, { name }]) => `${program.name} ${name}`);
  const named = new Set(namedInSource());
  expect([...named].filter((one) => !known.includes(one))).toEqual([]);
  expect(known.filter((one) => !named.has(one))).toEqual([]);
});

it('a weakening that a program does not have', () => {
  const [program] = PROGRAMS as readonly [BuiltIn];
  expect(() => make(program, 'nothing')).toThrow("bh-flag has no weakening 'nothing'");
});
