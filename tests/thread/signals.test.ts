import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runUnder } from '../host/own-process.ts';
import { COUNTS } from './counts.ts';

const program = join(import.meta.dirname, 'signals-child.ts');
const module = join(import.meta.dirname, 'modules', 'busy.mjs');

it.each([
  ['', []],
  // Also those by which masks are changed, and vCPUs are kicked.
  [', if the parent has blocked all of them', ['env', '--block-signal']],
])(
  'signals are blocked in every thread while they are wanted, and none is lost%s',
  async (_, by) => {
    const { children, signals } = COUNTS;
    expect(await runUnder(by, program, module, `${children},${signals}`)).toEqual({
      status: 0,
      signal: null,
      stdout: `all block them: true\n${children} reaped, ${signals} signals in order\nmasks as before: true\n`,
      stderr: '',
    });
  },
);
