/** Random scenarios on the real host, recorded: their replay is the same, with every trace event. */

import { join } from 'node:path';
import { type PlainScenario, randomScenario } from '../../../src/cli/fuzz/random-scenario.ts';
import { startAlone } from '../../support/server.ts';
import type { Generator } from '../generators.ts';

const server = await startAlone(
  join(import.meta.dirname, '..', '..', 'scenario', 'record-server.ts'),
);
// Starting the server takes long, and must not count as the time of the first input.
await server.ask('{"name": "first", "steps": []}');

export default {
  about: 'random scenarios on the real host, recorded, come out the same in their replay',
  inputs: randomScenario,
  check: async (plain) => {
    const problem = JSON.parse(await server.ask(JSON.stringify(plain))) as string | null;
    if (problem !== null) throw new Error(problem);
  },
  runs: 20,
  end: () => server.end(),
} satisfies Generator<PlainScenario>;
