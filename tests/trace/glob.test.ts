import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GlobError, matchesGlob, pathGlob } from '../../src/trace/glob.ts';

/** The same pattern as a regular expression: exact, but slow with many stars. */
function byRegExp(glob: string): RegExp {
  const source = glob.replace(/\*\*\/|\*\*|\*|\?|\[[^\]]+\]|[^*?[]+|\[/g, (part) => {
    if (part === '**/') return '(?:[^/]+/)*';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part.length > 1 && part.startsWith('[')) return `(?!/)${part.replace('[!', '[^')}`;
    return part.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source}$`);
}

describe('patterns of paths', () => {
  test('are what a regular expression says', () => {
    const part = fc.constantFrom(
      'a',
      'b',
      '/',
      '*',
      '**',
      '**/',
      '?',
      '[ab]',
      '[!a]',
      '[a-b]',
      '.',
    );
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.'), maxLength: 8 });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), text, (parts, path) => {
        const glob = parts.join('');
        expect({ glob, matches: pathGlob(glob)(path) }).toEqual({
          glob,
          matches: byRegExp(glob).test(path),
        });
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    ['[a', '[a', true],
    ['[]a]', ']', true],
    ['[a-]', '-', true],
    ['?', '👩', true],
    ['[!/]', '/', false],
  ])('%s and %s', (glob, path, expected) => {
    expect(pathGlob(glob)(path)).toBe(expected);
  });

  test('a range that runs backwards is an error that names it', () => {
    expect(() => pathGlob('[z-a]*')).toThrow(
      new GlobError('the range z-a in [z-a] runs backwards'),
    );
  });
});

test('time grows with pattern times text, not with what could be tried', () => {
  // A backtracking matcher tries more than 10^40 ways.
  const stars = '*a'.repeat(200);
  const text = 'a'.repeat(2000);
  expect(matchesGlob(`${stars}b`, text)).toBe(false);
  expect(pathGlob(`${'**a*'.repeat(100)}b`)(text)).toBe(false);
  expect(pathGlob(`${'**/'.repeat(100)}b`)('a/'.repeat(1000))).toBe(false);
  expect(matchesGlob(stars, text)).toBe(true);
});
