/**
 * Runs some of the scenarios of a directory, whose threads are Workers, and prints a line of JSON for
 * each: `thread-runner HOST PART OF DIR`. A process of its own: the Workers end with it.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadScenario } from '../../src/scenario/load.ts';
import { LinuxWorld } from '../../src/scenario/run/linux-world.ts';
import { runScenario } from '../../src/scenario/run/run.ts';
import { SimWorld } from '../../src/scenario/run/sim-world.ts';
import { SpareWorkers } from '../../src/thread/spare-workers.ts';

/** A wait that nothing ends fails its file, not all of them. */
const TIMEOUT_NS = 30e9;

const [host, part, of, dir] = process.argv.slice(2) as [string, string, string, string];

const spare = new SpareWorkers();
const files = readdirSync(dir).filter((name) => name.endsWith('.yaml'));
for (const file of files.filter((_, i) => i % Number(of) === Number(part))) {
  const { scenario } = loadScenario(readFileSync(join(dir, file), 'utf8'), file);
  const make = (seed: number) =>
    host === 'sim' ? new SimWorld(seed, undefined, spare) : new LinuxWorld();
  const result = runScenario(scenario!, make, { timeoutNs: TIMEOUT_NS });
  console.log(JSON.stringify(result));
}
spare.dispose();
