import type { Action, ObjectDef, Scenario } from './model.ts';

/** Every action of a file, also those inside others. */
export function* actionsOf(scenario: Scenario): Generator<Action> {
  yield* within(scenario.steps);
  for (const { do: actions } of scenario.timeline) yield* within(actions);
  for (const def of scenario.objects) yield* within(bodyOf(def));
}

function* within(actions: readonly Action[]): Generator<Action> {
  for (const action of actions) {
    yield action;
    if ('do' in action) yield* within(action.do);
    if (action.op === 'sigaction') yield* within(action.spec.do);
    if (action.op === 'wait_while') yield* within(action.each);
  }
}

function bodyOf(def: ObjectDef): readonly Action[] {
  const all = 'do' in def ? def.do : [];
  if (def.section === 'fds') return [...all, ...def.doWrite];
  return def.section === 'requests' ? [...all, ...def.work] : all;
}
