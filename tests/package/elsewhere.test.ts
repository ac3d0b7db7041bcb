import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { command, type Ended, Running, root } from '../support/run.ts';

/** Makes Node believe that it runs on another system; koffi has no binary for that one here. */
const ELSEWHERE = join(tmpdir(), 'elsewhere.cjs');
writeFileSync(ELSEWHERE, "Object.defineProperty(process, 'platform', { value: 'darwin' });");
const report = join(tmpdir(), 'elsewhere.html');
afterAll(() => {
  for (const file of [ELSEWHERE, report]) rmSync(file, { force: true });
});

function run(...args: string[]): Promise<Ended> {
  return new Running(process.execPath, ['-r', ELSEWHERE, command, ...args], { cwd: root }).end();
}

const NEEDS =
  'qemu-loop: the real host needs Linux, and this is darwin: ' +
  'run (on the simulated host), check and report work here\n';

it.each([
  ['--', '/bin/true'],
  ['--spawn', 'true'],
  ['run', '--host', 'linux', 'scenarios/sigchld.yaml'],
  ['run', '--host', 'both', 'scenarios/sigchld.yaml'],
])('on another system, the real host is refused in one line: %s %s', async (...args) => {
  expect(await run(...args)).toMatchObject({ status: 125, stderr: NEEDS });
});

it('on another system, run (simulated), check and report work', async () => {
  expect(await run('run', 'scenarios/sigchld.yaml')).toMatchObject({ status: 0, stderr: '' });
  expect(await run('check', 'scenarios/sigchld.yaml')).toMatchObject({ status: 0, stderr: '' });
  expect(await run('run', '--report', report, 'scenarios/sigchld.yaml')).toMatchObject({
    status: 0,
  });
  expect(existsSync(report)).toBe(true);
  expect(await run('--help')).toMatchObject({ status: 0, stderr: '' });
});
