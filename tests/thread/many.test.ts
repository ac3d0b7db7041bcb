import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone } from '../host/own-process.ts';

const program = join(import.meta.dirname, 'many-child.ts');
const module = join(import.meta.dirname, 'modules', 'busy.mjs');

it('IOThreads that were stopped leave no thread and no descriptor', async () => {
  const { status, stdout, stderr } = await runAlone(program, module, '20');
  expect(stdout).toBe('0 threads, 0 descriptors more\n');
  expect(Number(/^(-?\d+) MiB more\n$/.exec(stderr)![1])).toBeLessThan(100);
  expect(status).toBe(0);
});
