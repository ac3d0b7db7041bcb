/**
 * Random programs of three threads, and of vCPUs, on the simulated host: each thread's order, and what happens before
 * what.
 */

import fc from 'fast-check';
import { type RunResult, runScenario } from '../../../src/scenario/run/run.ts';
import { SimWorld } from '../../../src/scenario/run/sim-world.ts';
import { SpareWorkers } from '../../../src/thread/spare-workers.ts';
import { scenarioOf } from '../../scenario/files.ts';
import { modelOf, threadProgram, wrongIn } from '../../scenario/thread-programs.ts';
import { vcpuModelOf, vcpuProgram, wrongOfVcpus } from '../../scenario/vcpu-programs.ts';
import type { Generator } from '../generators.ts';

const spare = new SpareWorkers();

/** A file, and what is wrong with a run of it. */
interface Program {
  readonly text: string;
  readonly wrongIn: (result: RunResult) => string | null;
}

const threads = threadProgram.map((program): Program => {
  const model = modelOf(program);
  return { text: model.text, wrongIn: (result) => wrongIn(model, result) };
});
const vcpus = vcpuProgram.map((program): Program => {
  const model = vcpuModelOf(program);
  return { text: model.text, wrongIn: (result) => wrongOfVcpus(model, result) };
});

export default {
  about:
    'random programs of threads and of vCPUs keep the order of each, and what happens before what',
  inputs: fc.oneof(threads, vcpus),
  check: ({ text, wrongIn: judge }) => {
    const result = runScenario(scenarioOf(text), (seed) => new SimWorld(seed, undefined, spare));
    const wrong = judge(result);
    if (wrong === null) return;
    throw new Error(`${wrong}\n${result.order.map((entry) => entry.text).join('\n')}`);
  },
  show: ({ text }) => text,
  runs: 24,
  end: () => spare.dispose(),
} satisfies Generator<Program>;
