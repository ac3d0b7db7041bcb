/** The stories under scenarios/ and scenarios/why/, on both hosts. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/scenario/run/run.ts';
import {
  failuresOf,
  runLinux,
  runSim,
  runThreads,
  scenarioDir,
  scenarioFiles,
  scenarioIn,
} from './files.ts';

const stories = scenarioDir('scenarios');

it('storm.yaml holds for every seed, and they differ', () => {
  const storm = scenarioIn(stories, 'storm.yaml');
  const orders = new Set<string>();
  for (let seed = 1; seed <= 50; seed++) {
    const result = runSim(storm, seed);
    expect(failuresOf(result), `seed ${seed}`).toEqual([]);
    orders.add(result.order.map((entry) => entry.text).join());
  }
  expect(orders.size).toBeGreaterThan(40);
});

describe.each([
  ['scenarios', '../schema'],
  ['scenarios/why', '../../schema'],
] as const)('%s', (name, schema) => {
  const dir = scenarioDir(name);
  const files = scenarioFiles(dir);
  /** The others need real programs. */
  const simFiles = files.filter((file) => scenarioIn(dir, file).host === 'sim');
  let linux: Map<string, RunResult>;

  beforeAll(async () => {
    linux = await runLinux(dir);
  });

  describe.each(files)('%s', (file) => {
    it('says what to look at, and names its schema', () => {
      const text = readFileSync(join(dir, file), 'utf8');
      const comments = text.split('\n').filter((line) => line.startsWith('#'));
      expect(comments[0]).toBe(`# yaml-language-server: $schema=${schema}/scenario.schema.json`);
      expect(comments.length).toBeGreaterThan(2);
    });

    it.runIf(simFiles.includes(file))('holds on the simulated host, the same each time', () => {
      const scenario = scenarioIn(dir, file);
      const result = runSim(scenario);
      expect(failuresOf(result)).toEqual([]);
      expect(JSON.stringify(runSim(scenario))).toBe(JSON.stringify(result));
    });

    it('holds on the real host', () => {
      expect(failuresOf(linux.get(file))).toEqual([]);
    });
  });
});

describe('a link of the chain that scenarios/why takes away by a fault', () => {
  const dir = scenarioDir('scenarios/why');
  const broken = scenarioFiles(dir).filter((file) => scenarioIn(dir, file).faults.length > 0);

  it.each(broken)('%s: without the fault nothing is lost', (file) => {
    const result = runSim({ ...scenarioIn(dir, file), faults: [] });
    expect(failuresOf(result)).not.toEqual([]);
  });
});

describe('scenarios/threads', () => {
  const dir = scenarioDir('scenarios/threads');
  const files = scenarioFiles(dir);
  const results = new Map<string, Map<string, RunResult>>();

  beforeAll(async () => {
    for (const host of ['sim', 'linux'] as const) results.set(host, await runThreads(host, dir));
  });

  it.each(files)('%s says what to look at', (file) => {
    const comments = readFileSync(join(dir, file), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('#'));
    expect(comments[0]).toBe('# yaml-language-server: $schema=../../schema/scenario.schema.json');
    expect(comments.length).toBeGreaterThan(2);
  });

  /** The others leave out a step of the protocols, which matters if the seed says so. */
  const sound = files.filter((file) => scenarioIn(dir, file).without.length === 0);

  it.each(files)('%s holds on the simulated host', (file) => {
    expect(failuresOf(results.get('sim')!.get(file))).toEqual([]);
  });

  it.each(sound)('%s holds on the real host', (file) => {
    expect(failuresOf(results.get('linux')!.get(file))).toEqual([]);
  });

  it.each(files.filter((file) => !sound.includes(file)))('%s needs the simulated host', (file) => {
    expect(results.get('linux')!.get(file)).toMatchObject({ status: 2, needs: 'sim' });
  });
});
