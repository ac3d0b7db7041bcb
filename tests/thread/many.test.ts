import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone } from '../host/own-process.ts';
import { COUNTS } from './counts.ts';

const program = join(import.meta.dirname, 'many-child.ts');
const module = join(import.meta.dirname, 'modules', 'busy.mjs');

it('IOThreads that were stopped leave no thread, no descriptor, and no memory but koffi’s', async () => {
  const { status, stdout } = await runAlone(program, module, `${COUNTS.iothreads}`);
  const [left, ...rest] = stdout.trimEnd().split('\n').reverse();
  expect(left).toBe('0 threads, 0 descriptors more');
  const mib = rest.reverse().map((line) => Number(/: (-?\d+) MiB more$/.exec(line)![1]));
  expect(mib).toHaveLength(10);
  // koffi keeps some 45 KB of each Worker that has loaded it, and Node's heap grows at first.
  expect(mib.at(-1)).toBeLessThan(100 + 0.06 * COUNTS.iothreads);
  expect(status).toBe(0);
});
