import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone } from '../host/own-process.ts';

const program = join(import.meta.dirname, 'death-child.ts');
const module = join(import.meta.dirname, 'modules', 'dies.mjs');

const thrown = expect.stringMatching(
  /^RangeError: in the middle of a round\n.*dies\.mjs:\d+[\s\S]*\n {4}in thread 'io1'$/,
);
const exited = expect.stringMatching(
  /^Error: process\.exit\(7\) ended the thread\n {4}in thread 'io1'$/,
);

it('an IOThread that dies in the middle leaves the others and the main loop running', async () => {
  const ways = ['throw', 'throw locked', 'exit', 'exit locked', 'compute', 'rest'];
  const { status, stdout, stderr } = await runAlone(program, module, ...ways);
  expect(stderr).toBe('');
  const told = stdout
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  const fine = { runs: false, running: 2, signals: 20, same: true };
  const leaked = ["'own'", "'rounds'"];
  expect(told).toEqual([
    { way: 'throw', error: thrown, leaked, ...fine },
    { way: 'throw locked', error: thrown, leaked, ...fine },
    { way: 'exit', error: exited, leaked, ...fine },
    { way: 'exit locked', error: exited, leaked, ...fine },
    // These are terminated.
    { way: 'compute', error: null, leaked: [], ...fine },
    { way: 'rest', error: null, leaked: [], ...fine },
    { free: true },
  ]);
  expect(status).toBe(0);
});
