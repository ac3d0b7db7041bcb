/** Scenarios on a real kernel that does not let their signals be read by a signalfd. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { preload } from '../../support/denied.ts';
import { unshare } from '../../support/needs.ts';
import { command, Running, shell } from '../../support/run.ts';
import { testDirectory } from '../../support/terminal.ts';

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

test.each([
  ['kill', 'EPERM', '{kill: SIGUSR1}', 'kill SIGUSR1: Operation not permitted (EPERM)'],
  ['kill', 'EPERM', '{kill_child: {a: SIGTERM}}', 'kill_child a: Operation not permitted (EPERM)'],
  [
    'rt_sigqueueinfo',
    'EAGAIN',
    '{sigqueue: {SIGUSR1: 1}}',
    'sigqueue SIGUSR1: Resource temporarily unavailable (EAGAIN)',
  ],
] as const)(
  'a signal that cannot be sent fails a real run: %s %s',
  async (call, errno, action, why) => {
    const file = join(testDirectory(), 'signal.yaml');
    const parts = 'signals: {SIGUSR1: {}}\nchildren: {a: {command: "true"}}';
    writeFileSync(file, `name: s\n${parts}\nsteps: [{spawn: a}, ${action}]\n`);
    const args = ['-r', preload, command, 'run', '--host', 'linux', file];
    const env = { DENY: `${call}=${errno}` };
    const { status, stdout } = await new Running(process.execPath, args, { env }).end();
    expect(stdout).toContain(`\n     ${why} (linux)\n`);
    expect(status).toBe(3);
  },
);
