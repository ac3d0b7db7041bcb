import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endOfRoom } from '../../../src/cli/exit/room.ts';

/** The pieces in which a text is written. */
function pieces(text: string, isTerminal: boolean): string[] {
  const bytes = new TextEncoder().encode(text);
  const all: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = endOfRoom(bytes, at, isTerminal);
    all.push(new TextDecoder().decode(bytes.subarray(at, end)));
    at = end;
  }
  return all;
}

test('a pipe takes 4096 bytes at once, with all its lines', () => {
  expect(pieces('a\nb\n', false)).toEqual(['a\nb\n']);
  expect(pieces('x'.repeat(5000), false).map(({ length }) => length)).toEqual([4096, 904]);
});

test('a terminal takes 256 bytes of a line at once, and its end by itself', () => {
  expect(pieces('a\r\n\tb\b\n', true)).toEqual(['a', '\r', '\n', '\t', 'b', '\b', '\n']);
  expect(pieces('x'.repeat(600), true).map(({ length }) => length)).toEqual([256, 256, 88]);
});

test('nothing is lost', () => {
  const text = fc.array(fc.constantFrom('\n', '\t', 'x'.repeat(255), 'y'.repeat(4096), 'z'));
  fc.assert(
    fc.property(text, fc.boolean(), (parts, isTerminal) => {
      expect(pieces(parts.join(''), isTerminal).join('')).toBe(parts.join(''));
    }),
    { numRuns: 100, seed: 3 },
  );
});
