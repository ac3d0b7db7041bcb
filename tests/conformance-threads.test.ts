/** The recorded behaviour of QEMU 7.2's threads, played back on both hosts. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../src/scenario/run/run.ts';
import { failuresOf, runThreads, scenarioDir, scenarioFiles } from './scenario/files.ts';
import { list, read } from './tree/files.ts';

const dir = scenarioDir('conformance-threads');
const files = scenarioFiles(dir);
/** For all of them, on a busy machine: each starts a Worker for each of its threads. */
const RUNS_MS = 400_000;

it('each recorded case is a file here, or a test that names it', () => {
  const cases = readFileSync(join(dir, 'cases.txt'), 'utf8').trim().split('\n');
  expect(cases).toHaveLength(107);
  const tests = list('tests/thread', '.test.ts').map(read).join('\n');
  const isHere = (name: string): boolean =>
    files.includes(`${name}.yaml`) || new RegExp(`\\(${name}\\)'|^ +${name}: \\[`, 'm').test(tests);
  expect(cases.filter((name) => !isHere(name))).toEqual([]);
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
