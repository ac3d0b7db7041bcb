/** The action that each thread of a run stands in, for people who look for what it waits for. */

import { SimDeadlockError } from '../../../host/sim/clock.ts';
import { EXCLUSIVE_OWNER } from '../../../thread/machine-words.ts';
import type { VCpuRef } from '../../../thread/vcpu/vcpu-ref.ts';
import type { Action, Scenario } from '../../model.ts';
import type { Condition } from '../../model-threads.ts';
import { comparisonText } from '../../values.ts';
import { actionsOf } from '../../walk.ts';
import type { Thunk } from '../callback.ts';
import { ScenarioStuck } from '../ended.ts';
import type { Lane } from '../lane.ts';
import type { Crew } from './crew.ts';
import type { SharedRun } from './shared-run.ts';

/** The actions in which a thread can sleep, and the words of the file for them. */
const SLEEPS: ReadonlyMap<Action['op'], string> = new Map<Action['op'], string>([
  ['acquire', 'acquire'],
  ['await_words', 'wait_for'],
  ['bql_lock', 'lock: bql'],
  ['cond_wait', 'cond_wait'],
  ['halt', 'halt'],
  ['hold', 'hold'],
  ['join', 'join'],
  ['main_loop_wait', 'main_loop_wait'],
  ['pause_all_vcpus', 'pause_all_vcpus'],
  ['poll', 'poll'],
  ['run', 'run'],
  ['run_on_cpu', 'run_on_cpu'],
  ['settle', 'settle'],
  ['start_exclusive', 'start_exclusive'],
  ['step', 'step'],
  ['stop', 'stop'],
  ['vm_stop', 'vm_stop'],
  ['wait_asleep', 'wait_asleep'],
  ['wait_for', 'wait_for'],
  ['wait_idle', 'wait_idle'],
  ['wait_oneshot', 'wait_oneshot'],
  ['wait_while', 'wait_while'],
]);

/** Has the thread say, while it is in the action, that it stands there. */
export function standing(lane: Lane, action: Action, thunk: Thunk): Thunk {
  const { crew } = lane.machine;
  if (crew === null || !SLEEPS.has(action.op)) return thunk;
  const { shared } = crew;
  if (!shared.threads.includes(lane.name)) return thunk;
  const { line, column } = action.at;
  return () => {
    // It may be inside another one: a poll that calls a bottom half, for instance.
    const outer = shared.standsAt(lane.name);
    shared.stand(lane.name, line, column);
    thunk();
    // After an error it stands where that was.
    shared.stand(lane.name, outer.line, outer.column);
  };
}

/** The error that ended a run; if nothing went on any more, it says where each thread stands. */
export function withStanding(error: unknown, crew: Crew): unknown {
  if (error instanceof SimDeadlockError) {
    return new ScenarioStuck(`all threads wait for ever: ${standingText(crew)}`);
  }
  if (!(error instanceof ScenarioStuck)) return error;
  return new ScenarioStuck(`${error.message}: ${standingText(crew)}`);
}

/** Tells where each thread stands that still has something to do. */
function standingText(crew: Crew): string {
  const { scenario, shared, machine } = crew;
  const owner = shared.withNumber(machine.thread.bql.owner);
  const parts = shared.threads
    .filter((name) => !shared.isOver(name))
    .map((name) => {
      const action = actionOf(scenario, shared, name);
      if (shared.isHeld(name)) return `${name} is held until a go_on`;
      if (action === null) return `${name} ${withoutAction(crew, name)}`;
      const isHeld = action.op === 'bql_lock' && owner !== null && owner !== name;
      const held = isHeld ? `, which ${owner} has` : '';
      return `${name} in '${actionText(action)}' (line ${action.at.line})${held}${unseen(action, shared)}`;
    });
  return parts.join('; ');
}

/** The action that a thread stands in, as the file writes it; null for none. */
export function actionTextOf(scenario: Scenario, shared: SharedRun, thread: string): string | null {
  const action = actionOf(scenario, shared, thread);
  return action && `${actionText(action)} (line ${action.at.line})`;
}

function actionOf(scenario: Scenario, shared: SharedRun, thread: string): Action | null {
  const { line, column } = shared.standsAt(thread);
  if (line === 0) return null;
  for (const action of actionsOf(scenario)) {
    if (action.at.line === line && action.at.column === column) return action;
  }
  return null;
}

function withoutAction(crew: Crew, name: string): string {
  const { scenario, shared } = crew;
  if (name === 'main') return 'waits for the end of the others';
  const section = scenario.objects.find((object) => object.name === name)?.section;
  if (section === 'iothreads') return 'sleeps in its loop';
  if (section === 'vcpus') return withoutTurn(crew, crew.cpu(name));
  return shared.hasStarted(name) ? 'sleeps' : 'was never started';
}

function withoutTurn({ machine, shared }: Crew, { halted, stopped }: VCpuRef): string {
  if (halted) return 'is halted';
  if (stopped) return 'is stopped';
  const owner = shared.withNumber(Atomics.load(machine.words, EXCLUSIVE_OWNER));
  return owner === null ? 'waits' : `waits, since ${owner} is to run alone`;
}

/** `join: t`, `wait_for: {done: 1}`. */
function actionText(action: Action): string {
  const word = SLEEPS.get(action.op)!;
  switch (action.op) {
    case 'await_words':
      return `${word}: ${conditionText(action.words)}`;
    case 'wait_while':
      return `${word}: ${conditionText(action.while)}`;
    case 'poll':
    case 'main_loop_wait':
      return action.until === null ? word : `${word}: {until: ${conditionText(action.until)}}`;
    default:
      return 'on' in action ? `${word}: ${action.on.name}` : word;
  }
}

function conditionText(condition: Condition): string {
  return `{${condition.map(({ word, is }) => `${word.name}: ${comparisonText(is)}`).join(', ')}}`;
}

/** A thread that sleeps in its loop does not see that a word changes. */
function unseen(action: Action, shared: SharedRun): string {
  const isSo = (): string => ', and that is so, but nothing wakes it';
  if (action.op === 'wait_while')
    return shared.holds(action.while) ? '' : ', and that is over, but nobody kicks';
  if (action.op !== 'poll' && action.op !== 'main_loop_wait') return '';
  return action.until !== null && shared.holds(action.until) ? isSo() : '';
}
