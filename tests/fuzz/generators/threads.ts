/** Random programs of three threads on the simulated host: each thread's order, and what happens before what. */

import { runScenario } from '../../../src/scenario/run/run.ts';
import { SimWorld } from '../../../src/scenario/run/sim-world.ts';
import { SpareWorkers } from '../../../src/thread/spare-workers.ts';
import { scenarioOf } from '../../scenario/files.ts';
import {
  modelOf,
  type ThreadProgram,
  threadProgram,
  wrongIn,
} from '../../scenario/thread-programs.ts';
import type { Generator } from '../generators.ts';

const spare = new SpareWorkers();

export default {
  about: 'random programs of three threads keep the order of each, and what happens before what',
  inputs: threadProgram,
  check: (program) => {
    const model = modelOf(program);
    const result = runScenario(
      scenarioOf(model.text),
      (seed) => new SimWorld(seed, undefined, spare),
    );
    const wrong = wrongIn(model, result);
    if (wrong === null) return;
    throw new Error(`${wrong}\n${result.order.map(({ text }) => text).join('\n')}`);
  },
  show: (program) => modelOf(program).text,
  runs: 12,
  end: () => spare.dispose(),
} satisfies Generator<ThreadProgram>;
