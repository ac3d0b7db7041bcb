import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone } from './own-process.ts';

const program = join(import.meta.dirname, 'futex-child.ts');
const ended = { status: 0, signal: null, stderr: '' };

it('two threads wake each other by a word of shared memory', async () => {
  const stdout = 'worker 0, turn 2000\n';
  expect(await runAlone(program, 'turns')).toEqual({ ...ended, stdout });
});

it('a worker that sleeps on a word is terminated', async () => {
  const stdout = 'ended, woken 0\n';
  expect(await runAlone(program, 'terminated')).toEqual({ ...ended, stdout });
});
