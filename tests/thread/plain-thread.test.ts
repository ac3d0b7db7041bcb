import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone } from '../host/own-process.ts';

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
