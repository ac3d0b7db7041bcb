/**
 * Random scenarios on the real host, of one thread and of several, recorded: their replay is the same, with
 * every trace event.
 */

import { join } from 'node:path';
import fc from 'fast-check';
import { parse } from 'yaml';
import { type PlainScenario, randomScenario } from '../../../src/cli/fuzz/random-scenario.ts';
import { modelOf, threadProgram } from '../../scenario/thread-programs.ts';
import { startAlone } from '../../support/server.ts';
import type { Generator } from '../generators.ts';

const server = await startAlone(
  join(import.meta.dirname, '..', '..', 'scenario', 'record-server.ts'),
);
// Starting the server takes long, and must not count as the time of the first input.
await server.ask('{"name": "first", "steps": []}');

export default {
  about: 'random scenarios on the real host, recorded, come out the same in their replay',
  inputs: fc.oneof(
    { weight: 4, arbitrary: randomScenario },
    { weight: 1, arbitrary: threadProgram.map((program) => parse(modelOf(program).text)) },
  ),
  check: async (plain) => {
    const problem = JSON.parse(await server.ask(JSON.stringify(plain))) as string | null;
    if (problem !== null) throw new Error(problem);
  },
  runs: 8,
  end: () => server.end(),
} satisfies Generator<PlainScenario>;
