/**
 * Runs scenarios on the real host, one after the other: reads each as a line of JSON from
 * stdin, and prints its result as another. A process of its own: it blocks signals.
 */

import { createInterface } from 'node:readline';
import { loadScenario } from '../../src/scenario/load.ts';
import { LinuxWorld } from '../../src/scenario/run/linux-world.ts';
import { runScenario } from '../../src/scenario/run/run.ts';

const TIMEOUT_NS = 2e9;

createInterface({ input: process.stdin }).on('line', (text) => {
  const { scenario } = loadScenario(text, 'random.yaml');
  const result = runScenario(scenario!, () => new LinuxWorld(), { timeoutNs: TIMEOUT_NS });
  console.log(JSON.stringify(result));
});
