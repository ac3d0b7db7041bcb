import type { Action, Scenario } from '../../model.ts';
import { actionsOf } from '../../walk.ts';

/** The lists of actions of a file that run on a vCPU for others, in an order that all threads share. */
export function cpuWork(scenario: Scenario): (readonly Action[])[] {
  const found: (readonly Action[])[] = [];
  for (const action of actionsOf(scenario)) {
    switch (action.op) {
      case 'run_on_cpu':
      case 'async_run_on_cpu':
      case 'async_safe_run_on_cpu':
        found.push(action.do);
    }
  }
  return found;
}
