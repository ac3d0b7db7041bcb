/** Random scenarios on the simulated and on the real host: the same happens, in the same order. */

import { join } from 'node:path';
import { type PlainScenario, randomScenario } from '../../../src/cli/fuzz/random-scenario.ts';
import type { RunResult } from '../../../src/scenario/run/run.ts';
import { failuresOf, runSim, scenarioOf } from '../../scenario/files.ts';
import { startAlone } from '../../support/server.ts';
import type { Generator } from '../generators.ts';

/** A machine that is busy may let a timer pass that stands far off: only what differs each time counts. */
const MOST_RUNS = 3;

const server = await startAlone(
  join(import.meta.dirname, '..', '..', 'scenario', 'linux-server.ts'),
);
// Starting the server takes long, and must not count as the time of the first input.
await runLinux('{"name": "first", "steps": []}');

async function runLinux(text: string): Promise<RunResult> {
  return JSON.parse(await server.ask(text)) as RunResult;
}

/** The part of a result that must agree: the order, and how the run ended. */
function essence(result: RunResult): string {
  return [...result.order.map((entry) => entry.text), ...failuresOf(result)].join(' ');
}

export default {
  about: 'random scenarios have the same order log on the simulated and on the real host',
  inputs: randomScenario,
  check: async (plain) => {
    const text = JSON.stringify(plain);
    const sim = essence(runSim(scenarioOf(text)));
    let linux = '';
    for (let runs = 0; runs < MOST_RUNS && linux !== sim; runs++) {
      linux = essence(await runLinux(text));
    }
    if (linux !== sim) throw new Error(`simulated: ${sim}\nreal:      ${linux}`);
  },
  runs: 25,
  end: () => server.end(),
} satisfies Generator<PlainScenario>;
