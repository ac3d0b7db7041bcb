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

/** The run of each file on the simulated host: the same each time, as the first tests see. */
const simulated = new Map<string, RunResult>();

function onSim(file: string): RunResult {
  const result = simulated.get(file) ?? runSim(scenarioIn(dir, file));
  simulated.set(file, result);
  return result;
}

it('has all the recorded cases', () => {
  expect(files.length).toBeGreaterThanOrEqual(150);
});

describe('on the simulated host', () => {
  it.each(files)('%s', (file) => {
    const result = onSim(file);
    expect(failuresOf(result)).toEqual([]);
    expect(result.status).toBe(0);
    // The same file and the same seed give the same bytes.
    expect(JSON.stringify(runSim(scenarioIn(dir, file)))).toBe(JSON.stringify(result));
  });
});

describe('on the real host', () => {
  let results: Map<string, RunResult>;
  beforeAll(async () => {
    results = await runLinux(dir);
  });
  it.each(files)('%s', (file) => {
    expect(failuresOf(results.get(file))).toEqual([]);
  });
});

describe('however the main loop is driven, the log is the same', () => {
  const driven = files.filter((file) => scenarioIn(dir, file).drive === 'main_loop');
  const names = (result: RunResult | undefined): unknown[] | undefined =>
    result?.order.map(({ text }) => text);

  it('many cases have a main loop', () => {
    expect(driven.length).toBeGreaterThan(80);
  });

  it.each(driven)('runAsync on the simulated host: %s', (file) => {
    const result = runSim(scenarioIn(dir, file), undefined, 'runAsync');
    expect(failuresOf(result)).toEqual([]);
    expect(names(result)).toEqual(names(onSim(file)));
  });

  describe.each(['runAsync', 'embedded'] as const)('%s on the real host', (way) => {
    let results: Map<string, RunResult>;
    beforeAll(async () => {
      if (way !== 'embedded' || process.arch === 'x64') results = await runLinux(dir, way);
    });
    it.runIf(way !== 'embedded' || process.arch === 'x64').each(driven)('%s', (file) => {
      const result = results.get(file);
      expect(failuresOf(result)).toEqual([]);
      expect(names(result)).toEqual(names(onSim(file)));
    });
  });
});
