import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone } from './own-process.ts';

const program = join(import.meta.dirname, 'worker-spawn-child.ts');

it('a worker that is terminated while it starts children takes nothing with it', async () => {
  const ended = { status: 0, signal: null, stdout: 'ended\n', stderr: '' };
  expect(await runAlone(program, 'terminated')).toEqual(ended);
});

it('signals are blocked in a thread that starts children meanwhile, and unblocked again', async () => {
  const ended = { status: 0, signal: null, stdout: '0 open, 0 shut\n', stderr: '' };
  expect(await runAlone(program, 'masked')).toEqual(ended);
});

it('a thread that starts children, and blocks the signals already, is left in peace', async () => {
  const ended = { status: 0, signal: null, stdout: 'held\n', stderr: '' };
  expect(await runAlone(program, 'held')).toEqual(ended);
});
