/** More of the recorded behaviour of QEMU 7.2's threads, played back on the simulated host, and a part of it on the real one. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../src/scenario/run/run.ts';
import { failuresOf, runThreads, scenarioDir, scenarioFiles } from './scenario/files.ts';

const dir = scenarioDir('conformance-threads-more');
const files = scenarioFiles(dir);
/** For all of them, on a busy machine: each starts a Worker for each of its threads. */
const RUNS_MS = 400_000;
/** On the real host one file of twelve is run, since all take 30 s; see CONTRIBUTING.md for the others. */
const PARTS = 12;
const all = process.env.QEMU_LOOP_RELIABILITY !== undefined;

describe.each([
  ['sim', 2, 2],
  ['linux', PARTS, all ? PARTS : 1],
] as const)('on the host %s', (host, parts, run) => {
  let results: Map<string, RunResult>;
  beforeAll(async () => {
    results = await runThreads(host, dir, parts, run);
  }, RUNS_MS);
  it.each(files.filter((_, i) => i % parts < run))('%s', (file) => {
    expect(failuresOf(results.get(file))).toEqual([]);
  });
});
