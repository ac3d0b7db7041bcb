/** The live log of runs with several threads: `run --explain`, and files that expect nothing. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { run } from '../../support/run.ts';

function fileOf(text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'thread-log-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'f.yaml');
  writeFileSync(file, `name: x\n${text}`);
  return file;
}

/** The lines of the log without the reasons below them. */
const lines = (stderr: string): string[] => stderr.split('\n').filter((line) => /^\d/.test(line));

test('each entry has the time at which it was logged, whoever reads it later', async () => {
  const file = fileOf(`threads: {t: {do: [{log: early}, {compute: 5ms}, {log: late}]}}
steps: [{join: t}]`);
  const { stderr } = await run(['run', file]);
  expect(lines(stderr)).toEqual([
    expect.stringMatching(/^0\.0000000\d\d order log {13}t: early$/),
    expect.stringMatching(/^0\.0050000\d\d order log {13}t: late$/),
  ]);
});

test('--explain shows what led from one thread to the other, each with its thread', async () => {
  const { status, stderr } = await run([
    'run',
    '--explain',
    'scenarios/threads/wait-without-kick.yaml',
  ]);
  expect(status).toBe(0);
  const said = lines(stderr).map((line) => line.slice(12).replace(/ +/g, ' '));
  const chain = [
    'main qemu_bh_schedule work',
    'main aio_notify io0 notify_me 2: eventfd written',
    'io0 work called',
    'io0 order log io0: work',
    't order log t: kick',
    't qemu_bh_schedule aio_wait_kick',
    'main aio_wait_kick called',
    'main order log main: goes on',
  ];
  expect(said.filter((line) => chain.includes(line))).toEqual(chain);
  expect(stderr).toContain('only a readable eventfd ends');
  expect(stderr).not.toContain('scenario_');
});

test('--explain names the thread that has the big lock, and only waits for it', async () => {
  const { stderr } = await run(['run', '--explain', 'scenarios/threads/big-lock-convoy.yaml']);
  const locks = lines(stderr).filter((line) => line.includes('bql_'));
  expect(locks[0]).toMatch(/ main +bql_lock +waits for the BQL, which cpu0 has$/);
  expect(locks.at(-1)).toMatch(/ main +bql_locked +has the BQL$/);
  expect(locks.slice(1, -1).every((line) => / cpu0 +bql_unlock +gives/.test(line))).toBe(true);
  const times = lines(stderr).map((line) => Number(line.split(' ')[0]));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test('the log of real threads is in order of time too', async () => {
  const args = ['run', '--host', 'linux', '--explain', 'scenarios/threads/hog.yaml'];
  const { status, stderr } = await run(args);
  expect(status).toBe(0);
  const said = lines(stderr).map((line) => line.replace(/ +/g, ' '));
  const at = (text: string): number => said.findIndex((line) => line.includes(text));
  expect(at('io0 hog called')).toBeGreaterThan(-1);
  expect(at('io0 order log io0: hog')).toBeGreaterThan(at('io0 hog called'));
  expect(at('io0 order log io0: quick')).toBeGreaterThan(at('io0 order log io0: computed'));
});

test('--explain names the vCPU whose program is to be left, and the one that runs alone', async () => {
  const { stderr } = await run(['run', '--explain', 'scenarios/threads/runs-alone.yaml']);
  const said = lines(stderr).map((line) => line.slice(12).replace(/ +/g, ' '));
  expect(said.filter((line) => /exclusive|cpu_exec/.test(line))).toEqual([
    'cpu1 start_exclusive waits for cpu0 to leave its program',
    'cpu0 cpu_exec_end leaves its program, for which cpu1 waits',
    'cpu0 cpu_exec_start waits for cpu1, which runs alone',
    'cpu1 start_exclusive runs alone',
    'cpu1 end_exclusive runs alone no more',
    'cpu0 cpu_exec_start begins its program',
    'cpu0 start_exclusive runs alone',
    'cpu0 end_exclusive runs alone no more',
  ]);
  expect(stderr).toContain('each that is in its program is kicked');
});
