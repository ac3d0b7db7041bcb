/** The recorded behaviour of QEMU 7.2's threads, played back on real ones. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../src/scenario/run/run.ts';
import { failuresOf, runLinux, scenarioDir, scenarioFiles } from './scenario/files.ts';

const dir = scenarioDir('conformance-threads');
const files = scenarioFiles(dir);
/** For all of them, on a busy machine: each starts a Worker for each of its threads. */
const RUNS_MS = 240_000;

describe('on the real host', () => {
  let results: Map<string, RunResult>;
  beforeAll(async () => {
    results = await runLinux(dir);
  }, RUNS_MS);
  it.each(files)('%s', (file) => {
    expect(failuresOf(results.get(file))).toEqual([]);
  });
});
