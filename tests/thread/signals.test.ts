import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone } from '../host/own-process.ts';

it('signals are blocked in threads started before and after, and none is lost', async () => {
  const program = join(import.meta.dirname, 'signals-child.ts');
  const module = join(import.meta.dirname, 'modules', 'busy.mjs');
  expect(await runAlone(program, module, '300,2000')).toEqual({
    status: 0,
    signal: null,
    stdout: 'blocked: all 0\n300 reaped, 2000 signals in order\n',
    stderr: '',
  });
});
