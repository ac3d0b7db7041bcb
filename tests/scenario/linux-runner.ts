/**
 * Runs every scenario of some directories on the real host, once, and prints a line of
 * JSON for each. A process of its own: it blocks signals. `--by=WAY` drives their loops in another
 * way.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadScenario } from '../../src/scenario/load.ts';
import { LinuxWorld } from '../../src/scenario/run/linux-world.ts';
import type { Machine } from '../../src/scenario/run/machine.ts';
import { runScenario } from '../../src/scenario/run/run.ts';
import { driveBy, type Way } from './driven.ts';

const args = process.argv.slice(2);
const way = (args[0]?.startsWith('--by=') ? args.shift()!.slice(5) : 'run') as Way;
const onMachine = (machine: Machine): void => driveBy(way, machine);

/**
 * V8's own tasks, such as a collection that has ended on another thread, make libuv readable at any
 * time. Embedded, that ends a wait early, so a run may have one iteration too many.
 */
const RUNS = way === 'embedded' ? 5 : 1;

for (const dir of args) {
  for (const file of readdirSync(dir).filter((name) => name.endsWith('.yaml'))) {
    const { scenario } = loadScenario(readFileSync(join(dir, file), 'utf8'), file);
    let result = runScenario(scenario!, () => new LinuxWorld(), { onMachine });
    for (let run = 1; run < RUNS && result.failures.length > 0; run++) {
      result = runScenario(scenario!, () => new LinuxWorld(), { onMachine });
    }
    console.log(JSON.stringify(result));
  }
}
