/** Notes the processor time of each file, for the table of QEMU_LOOP_TEST_TIMES. */

import { relative } from 'node:path';
import { afterAll, expect } from 'vitest';
import { addCost, secondsUsed } from './cost-table.ts';

const before = secondsUsed();

afterAll(() => {
  addCost(relative('', expect.getState().testPath!), secondsUsed() - before);
});
