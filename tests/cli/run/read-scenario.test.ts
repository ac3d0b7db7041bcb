/** A scenario's name that is not a readable file is reported as a problem, and the others run. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { root, run } from '../../support/run.ts';

const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-read-'));
afterAll(() => rmSync(dir, { recursive: true }));

writeFileSync(join(dir, 'good.yaml'), 'name: good\nsteps: [step]\nexpect: {order: [mlw]}\n');
mkdirSync(join(dir, 'folder.yaml'));
symlinkSync('folder.yaml', join(dir, 'link.yaml'));
symlinkSync('nowhere', join(dir, 'broken.yaml'));
execFileSync('mkfifo', [join(dir, 'fifo.yaml')]);

const WRONG = [
  'broken.yaml:1:1: it cannot be read: No such file or directory (ENOENT)',
  'fifo.yaml:1:1: it is a FIFO, and nobody writes into it',
  'link.yaml:1:1: it is a directory, expected a file',
];

it('checks the others', async () => {
  const { status, stderr } = await run(['check', '.'], { cwd: dir });
  expect(status).toBe(2);
  expect(stderr.trim().split('\n')).toEqual(WRONG.map((line) => `./${line}`));
});

it('runs the others', async () => {
  const { status, stdout, stderr } = await run(['run', dir]);
  expect(status).toBe(2);
  expect(stderr.trim().split('\n')).toEqual(WRONG.map((line) => join(dir, line)));
  expect(stdout).toMatch(/1 passed, 3 could not be read/);
});

it('stops reading an endless device', async () => {
  const { status, stderr } = await run(['check', '/dev/zero']);
  expect(status).toBe(2);
  expect(stderr).toMatch(/^\/dev\/zero:1:1: the file is too long/);
});

it('reads a pipe whose writer takes its time', async () => {
  const script = `node "$0" check <(sleep 0.2; cat "$1")`;
  const command = join(root, 'dist', 'qemu-loop.cjs');
  const file = join(dir, 'good.yaml');
  expect(execFileSync('bash', ['-c', script, command, file], { encoding: 'utf8' })).toBe(
    '1 file is right\n',
  );
});
