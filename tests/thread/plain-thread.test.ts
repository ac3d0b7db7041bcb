import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone, runUnder } from '../host/own-process.ts';

const program = join(import.meta.dirname, 'plain-thread-child.ts');
const modules = join(import.meta.dirname, 'modules');

it('a plain thread has its module by a path, a URL, or the text of one', async () => {
  const stdout = 'p: string\np: object\np: string\n';
  expect(await runAlone(program, 'modules', modules)).toMatchObject({ stdout, stderr: '' });
});

it('a kept Worker writes to stdout and stderr for thread after thread', async () => {
  const ended = { status: 0, stdout: 'p: 0\np: 1\np: 2\n', stderr: '' };
  expect(await runAlone(program, 'kept', modules)).toMatchObject(ended);
});

it('a thread for which too few descriptors are left is an error, and nobody waits for it', async () => {
  const ended = await runUnder(['prlimit', '--nofile=64'], program, 'short', modules);
  const lines = ended.stdout.replaceAll('p: \n', '');
  expect({ lines, stderr: ended.stderr }).toEqual({
    lines: 'the start of a thread: Too many open files (EMFILE), ran\n'.repeat(2),
    stderr: '',
  });
});
