import type { Choices } from '../../host/sim/choices.ts';
import type { Scenario } from '../../scenario/model.ts';
import type { Machine } from '../../scenario/run/machine.ts';
import { type RunOptions, type RunResult, runScenario } from '../../scenario/run/run.ts';
import type { WeakHost } from './weak-host.ts';
import { WeakKernel } from './weak-kernel.ts';
import type { Weakness } from './weaknesses.ts';

/** The options of a run whose observer gets the kernel too. */
interface WeakOptions extends Omit<RunOptions, 'onMachine'> {
  readonly onMachine?: (machine: Machine, host: WeakHost) => void;
  /** Decide in place of the seed. */
  readonly choices?: Choices | undefined;
}

/** Runs a scenario on a simulated kernel with these weaknesses; with none of them it is sound. */
export function runWeak(
  scenario: Scenario,
  weaknesses: readonly Weakness[],
  { onMachine, choices, ...options }: WeakOptions = {},
): RunResult {
  const kernel = new WeakKernel(weaknesses);
  return runScenario(scenario, (seed) => kernel.world(seed, choices), {
    ...options,
    onMachine: (machine) => {
      kernel.see(machine);
      onMachine?.(machine, kernel.host);
    },
  });
}
