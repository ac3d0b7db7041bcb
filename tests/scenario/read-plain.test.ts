/** The fast reader of YAML reads all that people write, and leaves the rest to the library. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPlain } from '../../src/scenario/read-plain.ts';
import { isReadAlike } from '../fuzz/generators/plain-yaml.ts';

const root = join(import.meta.dirname, '..', '..');
const folders = ['scenarios', 'tests/conformance', 'tests/conformance-threads'];
const files = folders.flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(folder, name)),
);

it.each(files)('reads %s as the library does', (file) => {
  expect(isReadAlike(readFileSync(join(root, file), 'utf8'))).toBe(true);
});

describe('reads as the library does', () => {
  it.each([
    ['lists at the column of their key', 'a:\n- b\n- c: d\n  e: [f]\ng: h\n'],
    ['maps in lists', 'a:\n  - b: c # d\n    e: "f g"\n\n  # h\n  - {i: j,}\n'],
    ['brackets on several lines', 'a: [b,\n  {c: d, # e\n   "f": \'g\'},\n\n  [h]]\n'],
    ['brackets below their key', 'a:\n  [b,\n c]\n'],
    ['texts with marks in them', "a: b:c#d\ne: -5ms\nf: [.5, a'b, )=1]\ng: <10ms"],
    ['quotes with marks in them', 'a: "b: #c"\n"d": [\'e, ]\', ""]\n'],
    ['a deeper comment', 'a: b\n   # c\nd: e\n'],
  ])('%s', (_what, text) => {
    expect(isReadAlike(text)).toBe(true);
  });
});

describe('leaves to the library', () => {
  it.each([
    ['anchors and aliases', 'a: &b c\nd: *b\n'],
    ['tags', 'a: !!str b\n'],
    ['escapes', 'a: "\\n"\n'],
    ['a quote in quotes', "a: 'b''c'\n"],
    ['quotes on two lines', 'a: "b\n  c"\n'],
    ['a text that goes on', 'a: b\n  c\n'],
    ['an item that goes on', 'a:\n- b\n  c\n'],
    ['a text of lines', 'a: |\n  b\n'],
    ['empty values', 'a:\nb: c\n'],
    ['equal keys', 'a: b\na: c\n'],
    ['a name with a meaning in JavaScript', '__proto__: b\n'],
    ['merge keys', '<<: b\n'],
    ['documents', 'a: b\n---\nc: d\n'],
    ['a list', '- a\n'],
    ['brackets alone', '{a: b}\n'],
    ['a map on the line of its key', 'a: b: c\n'],
    ['an end without a comma', 'a: [b c] d\n'],
    ['brackets that end at the column of their key', 'a: [b,\n  [\n]]\n'],
    ['items without commas', 'a: ["b" "c"]\n'],
    ['a comma alone', 'a: [,]\n'],
    ['a key alone', 'a: {b}\n'],
    ['a pair in a list', 'a: [b: c]\n'],
    ['columns that do not match', 'a:\n   b: c\n  d: e\n'],
    ['a very long key', `${'a'.repeat(1_100)}: b\n`],
    ['tabs', 'a:\tb\n'],
    ['line ends of DOS', 'a: b\r\n'],
    ['a byte order mark', '\uFEFFa: b\n'],
    ['nothing', ''],
    ['deep nesting', `a: ${'['.repeat(60)}${']'.repeat(60)}\n`],
  ])('%s', (_what, text) => {
    expect(readPlain(text)).toBeNull();
  });
});
