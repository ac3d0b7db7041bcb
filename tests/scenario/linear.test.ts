/** Loading a file takes work in proportion to its length, for each kind of part: counted, not timed. */

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone } from '../host/own-process.ts';
import { MANY_PARTS } from './many-parts.ts';

it('twice as many parts of any kind take twice the work', async () => {
  const { status, stdout, stderr } = await runAlone(join(import.meta.dirname, 'linear-runner.ts'));
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as [kind: string, work: number, workOfTwice: number]);
  expect(rows.map(([kind]) => kind)).toEqual(Object.keys(MANY_PARTS));
  const tooMuch = rows.filter(([, work, workOfTwice]) => workOfTwice > 2.1 * work);
  expect(tooMuch).toEqual([]);
  // Nothing was counted if these are few: a part has some ten characters at least.
  for (const [kind, work] of rows) expect(work, kind).toBeGreaterThan(2_000);
});
