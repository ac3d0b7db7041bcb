import type { Action, ObjectDef, Scenario } from '../model.ts';

/** Every action of a file with one thread, also those inside others. */
export function* actionsOf(scenario: Scenario): Generator<Action> {
  yield* within(scenario.steps);
  for (const { do: actions } of scenario.timeline) yield* within(actions);
  for (const def of scenario.objects) yield* within(bodyOf(def));
}

function* within(actions: readonly Action[]): Generator<Action> {
  for (const action of actions) {
    yield action;
    if (action.op === 'repeat') yield* within(action.do);
    if (action.op === 'sigaction') yield* within(action.spec.do);
  }
}

function bodyOf(def: ObjectDef): readonly Action[] {
  const all = 'do' in def ? def.do : [];
  return def.section === 'fds' ? [...all, ...def.doWrite] : all;
}
