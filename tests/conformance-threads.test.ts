/** The recorded behaviour of QEMU 7.2's threads, played back on both hosts. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../src/scenario/run/run.ts';
import { failuresOf, runThreads, scenarioDir, scenarioFiles } from './scenario/files.ts';

const dir = scenarioDir('conformance-threads');
const files = scenarioFiles(dir);
/** For all of them, on a busy machine: each starts a Worker for each of its threads. */
const RUNS_MS = 400_000;

it('has the recorded cases that the language can say', () => {
  expect(files.length).toBeGreaterThanOrEqual(85);
});

describe.each(['linux', 'sim'] as const)('on the host %s', (host) => {
  let results: Map<string, RunResult>;
  beforeAll(async () => {
    results = await runThreads(host, dir);
  }, RUNS_MS);
  it.each(files)('%s', (file) => {
    expect(failuresOf(results.get(file))).toEqual([]);
  });
});
