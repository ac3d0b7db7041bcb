import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Running, root, start } from '../../support/run.ts';
import { testDirectory } from '../../support/terminal.ts';

const FILE = join(root, 'scenarios', 'sigchld.yaml');
/** Node hangs like this if it lacks a thread of its own. */
const HANGS = `if (process.argv[1]?.endsWith('scenario-worker.cjs')) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}`;

function startHanging(timeout: string): Running {
  const hangs = join(testDirectory(), 'hangs.cjs');
  writeFileSync(hangs, HANGS);
  const env = { NODE_OPTIONS: `--require ${hangs}` };
  return start(['run', '--host', 'linux', '--timeout', timeout, FILE], { env });
}

test('a worker that does not come to its program is reported', async () => {
  const running = startHanging('10m');
  await running.until(
    /^qemu-loop: the process \d+, .* has not begun yet: .*ulimit -u.*\n$/,
    'stderr',
  );
  running.kill('SIGINT');
  await running.end();
});

test('a run whose worker has not begun is no slow scenario', async () => {
  const { status, stdout } = await startHanging('1ms').end();
  expect({ status, stdout }).toEqual({
    status: 3,
    stdout: expect.stringMatching(/^FAIL .*\n +its process has not begun: perhaps too few threads/),
  });
});
