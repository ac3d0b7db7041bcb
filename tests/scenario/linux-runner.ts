/**
 * Runs every scenario of some directories on the real host and prints a line of
 * JSON for each. A process of its own: it blocks signals. Times are real, so on a
 * machine that is busy with other things a run may come out otherwise, or wait for
 * what has passed already: one that fails is run again, twice at most.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadScenario } from '../../src/scenario/load.ts';
import { LinuxWorld } from '../../src/scenario/run/linux-world.ts';
import { type RunResult, runScenario } from '../../src/scenario/run/run.ts';

const MOST_RUNS = 3;
const TIMEOUT_NS = 5e9;

for (const dir of process.argv.slice(2)) {
  for (const file of readdirSync(dir).filter((name) => name.endsWith('.yaml'))) {
    const { scenario } = loadScenario(readFileSync(join(dir, file), 'utf8'), file);
    const run = (): RunResult =>
      runScenario(scenario!, () => new LinuxWorld(), { timeoutNs: TIMEOUT_NS });
    let result = run();
    for (let runs = 1; runs < MOST_RUNS && result.status === 1; runs++) result = run();
    console.log(JSON.stringify(result));
  }
}
