/** Traces of a story with threads on the simulated host, by `qemu-loop run`. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { RunResult } from '../../src/scenario/run/run.ts';
import { root, run } from '../support/run.ts';
import { checkChrome } from '../trace/chrome-checker.ts';

const convoy = join(root, 'scenarios', 'threads', 'big-lock-convoy.yaml');

async function ran(...args: string[]): Promise<RunResult> {
  const { status, stdout } = await run(['run', '--json', ...args]);
  expect(status).toBe(0);
  return JSON.parse(stdout.split('\n')[0]!).results[0];
}

test('a traced run is the same as another, and shows who holds the lock', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-thread-stories-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'lock.json');
  const traced = await ran('--trace-file', `chrome:${file}`, convoy);
  expect(await ran(convoy)).toMatchObject({ order: traced.order, elapsedNs: traced.elapsedNs });
  const chrome = checkChrome(readFileSync(file, 'utf8'));
  expect(chrome.problems).toEqual([]);
  expect([...chrome.tracks.values()]).toEqual(expect.arrayContaining(['cpu0', 'BQL']));
});

test('no arrow goes back in time between threads that are nanoseconds apart', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-thread-stories-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'arrows.json');
  const name = 'wait_condition_is_evaluated_once_more_after_each_poll.yaml';
  const path = join(root, 'tests', 'conformance-threads-more', name);
  await ran('--trace', '*', '--trace-file', `chrome:${file}`, path);
  expect(checkChrome(readFileSync(file, 'utf8')).problems).toEqual([]);
});
