/**
 * Runs every scenario of some directories on the real host, once, and prints a line of
 * JSON for each. A process of its own: it blocks signals.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadScenario } from '../../src/scenario/load.ts';
import { LinuxWorld } from '../../src/scenario/run/linux-world.ts';
import { runScenario } from '../../src/scenario/run/run.ts';

for (const dir of process.argv.slice(2)) {
  for (const file of readdirSync(dir).filter((name) => name.endsWith('.yaml'))) {
    const { scenario } = loadScenario(readFileSync(join(dir, file), 'utf8'), file);
    const result = runScenario(scenario!, () => new LinuxWorld());
    console.log(JSON.stringify(result));
  }
}
