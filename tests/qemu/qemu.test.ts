/** The scenario files on QEMU's own loop, if QEMU_BUILD names its build folder. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { QemuHost } from '../../src/cli/qemu/qemu-host.ts';
import { inOrder } from '../../src/cli/run/in-order.ts';
import type { RunResult } from '../../src/scenario/run/run.ts';
import { actionsOf } from '../../src/scenario/walk.ts';
import { failuresOf, scenarioDir, scenarioFiles, scenarioIn } from '../scenario/files.ts';
import { root } from '../support/run.ts';

const build = process.env.QEMU_BUILD;
const BEFORE_MS = 300_000;
/** On a busy machine a timer may be late: only a failure of each run counts. */
const MOST_RUNS = 3;
const TIMEOUT_NS = 20e9;

interface Recorded {
  readonly version: string;
  readonly refused: Record<string, string>;
  readonly differs: Record<string, string>;
}
const recorded = parse(
  readFileSync(join(import.meta.dirname, 'recorded.yaml'), 'utf8'),
) as Recorded;

/** They stop the vCPUs: the driver has only what these share. */
const OF_CPUS_C = new Set(['pause_all_vcpus', 'resume_all_vcpus', 'vm_stop', 'vm_start']);

const dirs = [
  'conformance',
  'conformance-threads',
  'conformance-threads-more',
  'scenarios',
  'scenarios/threads',
  'scenarios/why',
] as const;
const files = dirs.flatMap((name) => {
  const dir = scenarioDir(name);
  return scenarioFiles(dir).map((file) => ({
    dir,
    file,
    path: join(dir, file).slice(root.length + 1),
  }));
});

it('the record names files that exist', () => {
  const named = [...Object.keys(recorded.refused), ...Object.keys(recorded.differs)];
  const paths = files.map(({ path }) => path);
  expect(named.filter((path) => !paths.includes(path))).toEqual([]);
});

// Not one skipped test for each file: one that says why.
if (build === undefined) {
  it('QEMU_BUILD is not set: nothing ran on QEMU', ({ skip }) => {
    console.warn(
      'tests/qemu: QEMU_BUILD is not set, so nothing ran on QEMU: see docs/qemu-tree.md',
    );
    skip('docs/qemu-tree.md says how to build QEMU, and set it');
  });
} else {
  describe('on the QEMU of QEMU_BUILD', onQemu);
}

function onQemu(): void {
  const results = new Map<string, RunResult>();
  let version = '';

  beforeAll(async () => {
    const driver = pathToFileURL(join(root, 'src/scenario/qemu/driver/driver.c'));
    const host = new QemuHost({ build, isTyped: false, driver }, () => {});
    const start = async ({ dir, file, path }: (typeof files)[number]) => {
      const scenario = scenarioIn(dir, file);
      let result = host.refuse(scenario);
      for (let i = 0; i < MOST_RUNS && (result === null || result.status === 1); i++) {
        result = await host.run(scenario, TIMEOUT_NS);
      }
      return { path, result: result! };
    };
    const done = ({ path, result }: { path: string; result: RunResult }): void => {
      results.set(path, result);
      version = result.version ?? version;
    };
    await inOrder(files, 2, { start, done });
  }, BEFORE_MS);

  it.for(files)('$path', ({ dir, file, path }, { skip }) => {
    skip(!version.startsWith('7.2.'), `QEMU ${version} has rules that 7.2 has not`);
    const result = results.get(path)!;
    const failures = failuresOf(result).join('\n');
    const { differs } = recorded;
    const isOfCpusC = [...actionsOf(scenarioIn(dir, file))].some(({ op }) => OF_CPUS_C.has(op));
    const refused = isOfCpusC ? 'linked without cpus.c' : recorded.refused[path];
    if (refused !== undefined)
      expect([result.status, failures]).toEqual([2, expect.stringContaining(refused)]);
    else if (path in differs) expect(failures).toContain(differs[path]);
    else expect(failures).toBe('');
  });
}
