/** Things that QEMU's own loop cannot do, found in a file before it runs. */

import type { Action, ObjectDef, Scenario, SignalSpec } from '../model.ts';
import type { Place } from '../problem.ts';
import { actionsOf } from '../walk.ts';

/** Why a file cannot run on QEMU, and the place of what it cannot do; null if it can. */
export function refusedByQemu(
  scenario: Scenario,
): { readonly at: Place | null; readonly why: string } | null {
  for (const def of scenario.objects) {
    const why = objectRefused(def);
    if (why !== null) return { at: def.at, why };
  }
  const [fault] = scenario.faults;
  if (fault !== undefined) {
    return { at: fault.at, why: "QEMU's system calls take no faults" };
  }
  const [without] = scenario.without;
  if (without !== undefined) {
    return { at: without.at, why: `QEMU's loop leaves out no ${without.without}` };
  }
  if (scenario.fdmon === 'poll' || scenario.fdmon === 'epoll') {
    return { at: null, why: `fdmon: ${scenario.fdmon}: QEMU chooses by itself, as auto does` };
  }
  if (scenario.jitterNs > 0) return { at: null, why: 'jitter is chance of the simulated host' };
  const actions = [...actionsOf(scenario)];
  const showsValues = [...scenario.objects, ...actions.flatMap(specOf)].some(showsValue);
  for (const action of actions) {
    const why = actionRefused(action, showsValues);
    if (why !== null) return { at: action.at, why };
  }
  return null;
}

function objectRefused(def: ObjectDef): string | null {
  switch (def.section) {
    case 'children':
      return `child '${def.name}': QEMU has no chain behind SIGCHLD`;
    default:
      return null;
  }
}

function specOf(action: Action): SignalSpec[] {
  return action.op === 'sigaction' ? [action.spec] : [];
}

function showsValue(def: ObjectDef | SignalSpec): boolean {
  return 'siginfo' in def && def.siginfo?.includes('int') === true;
}

/** They are of QEMU's cpus.c, which the event loop is linked without. */
const OF_CPUS_C: ReadonlySet<string> = new Set([
  'pause_all_vcpus',
  'resume_all_vcpus',
  'vm_stop',
  'vm_start',
]);

function actionRefused(action: Action, showsValues: boolean): string | null {
  if (OF_CPUS_C.has(action.op)) return `${action.op}: QEMU's event loop is linked without cpus.c`;
  if (action.op === 'sigqueue' && action.value !== 0 && showsValues) {
    return `sigqueue: QEMU loses the value ${action.value}, so 'int' is 0 there`;
  }
  return null;
}
