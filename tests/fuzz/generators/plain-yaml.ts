/** Texts like scenario files: what the fast reader reads, the library reads alike. */

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { Problems } from '../../../src/scenario/problem.ts';
import { readPlain } from '../../../src/scenario/read-plain.ts';
import { readAny } from '../../../src/scenario/read-yaml.ts';
import type { Generator } from '../generators.ts';
import { changedFiles, textOf } from './scenarios.ts';

/** Whether the fast reader read it. @throws Error if the library reads it otherwise */
export function isReadAlike(text: string): boolean {
  const plain = readPlain(text);
  if (plain === null) return false;
  const problems = new Problems('f');
  const whole = readAny(text, problems);
  if (problems.list.length > 0) throw new Error(`a problem: ${problems.list[0]!.message}`);
  if (!isDeepStrictEqual(plain, whole)) {
    throw new Error(`${JSON.stringify(plain)} against ${JSON.stringify(whole)}`);
  }
  return true;
}

const often = (weight: number, arbitrary: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight, arbitrary: fc.constant('') }, { weight: 1, arbitrary });
const one = (...texts: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
const joined = (...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((texts) => texts.join(''));

/** Texts that the fast reader reads, and some that it must not. */
const atom = fc.oneof(
  {
    weight: 9,
    arbitrary: one(
      'a',
      'b1',
      '-1',
      '"q"',
      "'s'",
      '""',
      'a b',
      'a-b',
      'a#b',
      'x:y',
      '<5',
      '.5',
      'é(',
    ),
  },
  {
    weight: 1,
    arbitrary: one(
      ...[
        '- ',
        '? ',
        '&a',
        '*a',
        '!t',
        '|',
        '>',
        '---',
        '...',
        '<<',
        '"a\\n"',
        "'a''b'",
        '',
        'a ',
        '[',
      ],
      ...[
        '"a"b',
        "a'b",
        'a"',
        'a,b',
        'a: b',
        'a:',
        ':a',
        '::',
        '#',
        'a #c',
        '__proto__',
        '\u2028',
        '-',
      ],
      ...['}', '"\n"', '%', '~'],
    ),
  },
);
const key = fc.oneof({ weight: 3, arbitrary: one(...'abcdefghijklmnopqrstuvwxyz') }, atom);
const colon = fc.oneof(
  { weight: 9, arbitrary: fc.constant(': ') },
  one(':', ' : ', ':  ', ': # c\n', ':\n'),
);
const comma = fc.oneof(
  { weight: 9, arbitrary: fc.constant(', ') },
  one(',', ',\n  ', ' , ', ', # c\n   ', ''),
);
const gap = often(4, one(' ', '  ', '\n', '\n ', '\n  ', ' # c\n  ', '#c\n', '\n   ', '\t'));

/** Brackets with gaps, some of them wrong. */
const { flow } = fc.letrec<{ flow: string }>((tie) => {
  const item = fc.oneof({ depthSize: 'small' }, atom, tie('flow'));
  const inside = (
    open: string,
    part: fc.Arbitrary<string>,
    close: string,
  ): fc.Arbitrary<string> => {
    const items = fc.array(joined(part, gap), { maxLength: 3 });
    const separated = fc.tuple(items, comma).map(([all, between]) => all.join(between));
    return joined(fc.constant(open), gap, separated, often(5, comma), gap, fc.constant(close));
  };
  const pair = joined(key, colon, gap, item);
  return { flow: fc.oneof(inside('[', item, ']'), inside('{', pair, '}')) };
});

const line = joined(
  one('', '', '', ' ', '  ', '  ', '   ', '    '),
  often(2, fc.oneof({ weight: 5, arbitrary: fc.constant('- ') }, one('-  ', '- - ', '-', '# '))),
  key,
  fc.oneof({ weight: 5, arbitrary: colon }, fc.constant('')),
  fc.oneof(atom, flow, fc.constant('')),
  fc.oneof({ weight: 7, arbitrary: fc.constant('\n') }, one(' # c\n', ' \n', '\n\n', '')),
);
const lines = fc.array(line, { minLength: 1, maxLength: 6 }).map((all) => `0: 1\n${all.join('')}`);

export default {
  about: 'the fast reader of YAML and the library read texts like scenario files alike',
  inputs: fc.oneof(
    { weight: 3, arbitrary: lines },
    { weight: 1, arbitrary: flow.map((text) => `a: ${text}\n`) },
    { weight: 1, arbitrary: changedFiles.map(textOf) },
  ),
  check: (text) => {
    isReadAlike(text);
  },
  show: (text) => text,
  runs: 200,
} satisfies Generator<string>;
