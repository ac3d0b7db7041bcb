/** The recorded behaviour of QEMU 11, played back on both hosts. */

import { join } from 'node:path';
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

const dir = join(scenarioDir('conformance'), '..', 'conformance-11', 'poll');
const files = scenarioFiles(dir);
const older = scenarioDir('conformance');
/** Recorded on 7.2 alone, and its order of descriptors is not that of QEMU 11. */
const NOT_RECORDED = 'fd_nested_main_loop_wait_behind_high_priority-glib_ctx.yaml';
/** Recorded on 7.2, and the same in QEMU 11 without io_uring. */
const same = scenarioFiles(older).filter((file) => !files.includes(file) && file !== NOT_RECORDED);
/** For all of them on the real host, on a busy machine. */
const RUNS_MS = 60_000;

it('has all the recorded cases', () => {
  expect(files.length).toBeGreaterThanOrEqual(30);
  expect(same.length).toBeGreaterThanOrEqual(140);
});

describe('on the simulated host', () => {
  it.each(files)('%s', (file) => {
    const result = runSim(scenarioIn(dir, file));
    expect(failuresOf(result)).toEqual([]);
    expect(result.status).toBe(0);
  });

  it('most of them come out otherwise in 7.2', () => {
    const differ = files.filter((file) => {
      const { status } = runSim({ ...scenarioIn(dir, file), qemu: '7.2' });
      return status === 1;
    });
    expect(differ.length).toBeGreaterThanOrEqual(19);
  });

  it.each(same)('%s as in 7.2', (file) => {
    expect(failuresOf(runSim({ ...scenarioIn(older, file), qemu: '11' }))).toEqual([]);
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
