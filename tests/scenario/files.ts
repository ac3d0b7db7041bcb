/** Scenario files of a directory, and how the tests run them. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadScenario } from '../../src/scenario/load.ts';
import type { Scenario } from '../../src/scenario/model.ts';
import { formatProblem } from '../../src/scenario/problem.ts';
import type { Machine } from '../../src/scenario/run/machine.ts';
import { type RunResult, runScenario } from '../../src/scenario/run/run.ts';
import { SimWorld } from '../../src/scenario/run/sim-world.ts';
import { SpareWorkers } from '../../src/thread/spare-workers.ts';
import { runAlone } from '../host/own-process.ts';
import { driveBy, type Way } from './driven.ts';

const root = join(import.meta.dirname, '..', '..');

export function scenarioDir(
  name:
    | 'conformance'
    | 'conformance-threads'
    | 'conformance-threads-more'
    | 'scenarios'
    | 'scenarios/why'
    | 'scenarios/threads',
): string {
  return name.startsWith('conformance') ? join(root, 'tests', name) : join(root, name);
}

export function scenarioFiles(dir: string): string[] {
  return readdirSync(dir).filter((file) => file.endsWith('.yaml'));
}

/** Reads a scenario that must be valid. */
export function scenarioIn(dir: string, file: string): Scenario {
  return scenarioOf(readFileSync(join(dir, file), 'utf8'), file);
}

export function scenarioOf(text: string, file = 'test.yaml'): Scenario {
  const { scenario, problems } = loadScenario(text, file);
  if (scenario === null) throw new Error(problems.map(formatProblem).join('\n'));
  return scenario;
}

/** For all simulated runs of this process, which ends them: most of a short run is a Worker's start. */
export const spare = new SpareWorkers();

/** A run on the simulated host, with its trace. */
export function runSim(scenario: Scenario, seed?: number, way: Way = 'run'): RunResult {
  const onMachine = (machine: Machine): void => driveBy(way, machine);
  const make = (s: number) => new SimWorld(s, undefined, spare);
  return runScenario(scenario, make, { trace: true, seed, onMachine });
}

/** Runs all files of a directory on the real host, in a process of its own, by file. */
export async function runLinux(dir: string, way: Way = 'run'): Promise<Map<string, RunResult>> {
  return new Map(await runApart('linux-runner.ts', `--by=${way}`, dir));
}

/**
 * A Worker takes a second to start on a busy machine, and a process of a test has its limit. Simulated
 * threads take the Workers of the files before.
 */
const PARTS = { sim: 2, linux: 4 };

/**
 * Runs the files of a directory whose threads are Workers, in processes of their own, by file.
 * @param run how many of the parts are run; the files of the others have no result
 */
export async function runThreads(
  host: 'sim' | 'linux',
  dir: string,
  parts: number = PARTS[host],
  run: number = parts,
): Promise<Map<string, RunResult>> {
  const results: [string, RunResult][] = [];
  for (let i = 0; i < run; i++) {
    results.push(...(await runApart('thread-runner.ts', host, String(i), String(parts), dir)));
  }
  return new Map(results);
}

async function runApart(runner: string, ...args: string[]): Promise<[string, RunResult][]> {
  const ended = await runAlone(join(import.meta.dirname, runner), ...args);
  if (ended.status !== 0) throw new Error(`the runner failed: ${ended.stderr}`);
  const lines = ended.stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const result = JSON.parse(line) as RunResult;
    return [result.file, result];
  });
}

/** The failures of a run, for a test to show. */
export function failuresOf(result: RunResult | undefined): string[] {
  if (result === undefined) return ['it was not run'];
  return result.failures.map(({ kind, message, diff }) => {
    const lines = (diff ?? []).map(({ sign, text }) => `${sign} ${text}`);
    return [`${kind}: ${message}`, ...lines].join('\n');
  });
}
