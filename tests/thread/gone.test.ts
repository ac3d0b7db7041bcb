/** Nobody waits for ever for a thread whose program is gone. */

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone } from '../host/own-process.ts';

const program = join(import.meta.dirname, 'gone-child.ts');
const dist = join(import.meta.dirname, '../../dist/cjs');

const NEVER =
  "the thread ended before its program began: a file of the library's is damaged or gone, or Node had no memory for it";
const missing = (file: string, why: string): string =>
  `Workers.start: ROOT/dist/cjs/${file} is missing, ${why}`;
const LOADED = 'which all threads load: install the library again, and start this process anew';
const ENTRY =
  "the program of all threads: a bundle with this library in it needs the library's files beside it";
const MODULE = "Cannot find module 'ROOT/module.mjs'";

const CASES: readonly (readonly [file: string, change: string, says: string])[] = [
  ['thread-entry.js', 'gone', missing('thread-entry.js', ENTRY)],
  ['core.js', 'gone', missing('core.js', LOADED)],
  ['core-code.js', 'gone', missing('core-code.js', LOADED)],
  ['thread-entry.js', 'damaged', NEVER],
  ['core-code.js', 'damaged', NEVER],
  ['module.mjs', 'gone', MODULE],
];

it.each(CASES)('after %s is %s, each kind of thread says so', async (file, change, says) => {
  const ended = await runAlone(program, dist, file, change);
  expect(ended).toMatchObject({ status: 0, signal: null, stderr: '' });
  const { said, left } = JSON.parse(ended.stdout) as { said: string[]; left: boolean };
  expect(said).toHaveLength(4);
  for (const one of said) expect(one).toContain(says);
  expect(left).toBe(false);
});
