/** Random scenarios on the simulated and on the real host: the same happens, in the same order. */

import { join } from 'node:path';
import type { RunResult } from '../../../src/scenario/run/run.ts';
import { type Running, startAlone } from '../../host/own-process.ts';
import { failuresOf, runSim, scenarioOf } from '../../scenario/files.ts';
import { type PlainScenario, randomScenario } from '../../scenario/random-scenario.ts';
import type { Generator } from '../generators.ts';

/** A machine that is busy may let a timer pass that stands far off: only what differs each time counts. */
const MOST_RUNS = 3;

let server: Running | null = null;

async function runLinux(text: string): Promise<RunResult> {
  const file = join(import.meta.dirname, '..', '..', 'scenario', 'linux-server.ts');
  server ??= await startAlone(file);
  return JSON.parse(await server.ask(text)) as RunResult;
}

/** What must agree: the order, and what ended the run. */
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
  runs: 60,
  end: () => {
    server?.end();
    server = null;
  },
} satisfies Generator<PlainScenario>;
