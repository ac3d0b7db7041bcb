/** The recorded behaviour of QEMU 7.2, played back on both hosts. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../src/scenario/run/run.ts';
import {
  failuresOf,
  runLinux,
  runSim,
  scenarioDir,
  scenarioFiles,
  scenarioIn,
} from './scenario/files.ts';

const dir = scenarioDir('conformance');
const files = scenarioFiles(dir);
/** For all of them on the real host, on a busy machine. */
const RUNS_MS = 60_000;

it('has all the recorded cases', () => {
  expect(files.length).toBeGreaterThanOrEqual(150);
});

describe('on the simulated host', () => {
  it.each(files)('%s', (file) => {
    const scenario = scenarioIn(dir, file);
    const result = runSim(scenario);
    expect(failuresOf(result)).toEqual([]);
    expect(result.status).toBe(0);
    // The same file and the same seed give the same bytes.
    expect(JSON.stringify(runSim(scenario))).toBe(JSON.stringify(result));
  });
});

describe('on the real host', () => {
  let results: Map<string, RunResult>;
  beforeAll(async () => {
    results = await runLinux(dir);
  }, RUNS_MS);
  it.each(files)('%s', (file) => {
    expect(failuresOf(results.get(file))).toEqual([]);
  });
});
