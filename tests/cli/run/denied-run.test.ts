/** Scenarios on a real kernel that does not let their signals be read by a signalfd. */

import { expect, test } from 'vitest';
import { unshare } from '../../support/needs.ts';
import { shell } from '../../support/run.ts';

test('a real run whose signals could only come late is refused, and not judged', async (context) => {
  // /proc is the outer namespace's, so that not every thread can be found and masked.
  const { status, stdout, stderr } = await shell(
    `${unshare(context, '--pid --fork')} $QL run --host both scenarios/sigchld.yaml scenarios/nested-poll.yaml`,
  );
  expect(stderr).toBe('');
  const why = 'blocking signals in every thread: there is no /proc of this pid namespace: mount it';
  const lines = stdout.split('\n');
  expect(lines[0]).toMatch(/^FAIL a child dies and is reaped /);
  expect(lines[1]).toBe(`     ${why} (linux)`);
  expect(lines[2]).toMatch(/^ok {3}a callback that polls /);
  expect(status).toBe(2);
});
