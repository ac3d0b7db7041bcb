import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone } from '../host/own-process.ts';

const program = join(import.meta.dirname, 'co-child.ts');

it.each([
  ['comutex_counts_under_contention', 6000],
  ['coroutines_that_wander', 3000],
])('%s', async (name, count) => {
  const ended = await runAlone(program, name);
  expect(ended).toMatchObject({ status: 0, signal: null, stderr: '' });
  expect(JSON.parse(ended.stdout)).toEqual([`main: count=${count}`]);
});
