/** The order of the test files: the slowest first, so that no worker still has one when all else is done. */

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, and those that wait for others: vitest knows it only after a first run. */
const SLOW = [
  'tests/explore/programs.test.ts',
  'tests/conformance-threads.test.ts',
  'tests/cli/play/page.test.ts',
  'tests/explore/weakenings.test.ts',
  'tests/cli/output/fifo.test.ts',
  'tests/cli/spawn/signals.test.ts',
  'tests/package/package.test.ts',
  'tests/fuzz/fuzz.test.ts',
  'tests/cli/fuzz/fuzz.test.ts',
  'tests/cli/run/run-watch.test.ts',
  'tests/cli/replay/replay-threads.test.ts',
  'tests/cli/foreign-text.test.ts',
  'tests/mainloop/node-process.test.ts',
  'tests/cli/output/output.test.ts',
  'tests/cli/spawn/endings.test.ts',
  'tests/cli/log/log-file.test.ts',
  'tests/scenario/limits.test.ts',
  'tests/cli/run/start-wait.test.ts',
];

const isSlow = ({ moduleId }: TestSpecification): boolean =>
  SLOW.some((path) => moduleId.endsWith(path));

export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}
