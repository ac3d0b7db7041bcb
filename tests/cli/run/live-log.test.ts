/** The live log of a run while its main thread is outside of the loop. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { start } from '../../support/run.ts';
import { testDirectory } from '../../support/terminal.ts';

test.each([
  ['wait_for', 'steps: [{log: said before}, {wait_for: 60s}]'],
  ['block', 'steps: [{log: said before}, {block: 60s}]'],
  [
    'block in a callback',
    'bottom_halves: {b: {do: [{log: said before}, {block: 60s}]}}\nsteps: [{schedule: b}, main_loop_wait]',
  ],
  [
    'wait_for, while another thread goes on',
    'threads: {t: {do: [{wait_for: 100ms}, {log: said before}, {wait_for: 60s}]}}\nsteps: [{wait_for: 60s}]',
  ],
])('shows what came before a %s', async (_, text) => {
  const file = join(testDirectory(), 'file.yaml');
  writeFileSync(file, `name: waits\n${text}\n`);
  const running = start(['run', '--host', 'linux', '--explain', file]);
  await running.until(/said before/, 'stderr');
  running.kill('SIGINT');
  expect((await running.end()).signal).toBe('SIGINT');
});
