import type { Action } from './model.ts';
import type { Condition, ThreadOp } from './model-threads.ts';
import {
  boolOf,
  comparisonOf,
  entriesOf,
  get,
  mentionOf,
  nsOf,
  numberOf,
  onlyEntry,
  textOf,
} from './read.ts';
import type { Node } from './source.ts';
import { numberBound } from './values.ts';
import { THREAD_ACTIONS } from './vocabulary.ts';

const THREAD_OPS: ReadonlySet<string> = new Set(THREAD_ACTIONS);

/** Reads a list of actions. */
type ActionsOf = (node: Node | undefined) => Action[];

/**
 * An action that only files with several threads have; null for any other.
 * @param actionsOf reads the lists of actions inside it
 */
export function threadActionOf(
  key: string,
  { at }: Node,
  value: Node,
  actionsOf: ActionsOf,
): Action | null {
  if (THREAD_OPS.has(key)) return { at, op: key as ThreadOp, on: mentionOf(value) };
  switch (key) {
    case 'lock':
    case 'unlock':
      return textOf(value) === 'bql' ? { at, op: `bql_${key}` } : null;
    case 'wait_for':
      return value.kind === 'map' ? { at, op: 'await_words', words: conditionOf(value) } : null;
    case 'co_schedule': {
      if (value.kind !== 'map') return null;
      const entry = onlyEntry(value);
      const [on, context] = [mentionOf(entry.key), mentionOf(entry.value)];
      return { at, op: 'co_schedule_in', on, context };
    }
    case 'put':
    case 'add': {
      const entry = onlyEntry(value);
      return { at, op: key, on: mentionOf(entry.key), value: numberOf(entry.value, 0) };
    }
    case 'compute':
      return { at, op: key, ns: nsOf(value)! };
    case 'wait_while':
      return {
        at,
        op: key,
        context: mentionOf(get(value, 'context')!),
        while: conditionOf(get(value, 'while')!),
        unlocked: boolOf(get(value, 'unlocked'), false),
        each: actionsOf(get(value, 'each')),
      };
    case 'run_on_cpu':
    case 'async_run_on_cpu':
    case 'async_safe_run_on_cpu':
      return { at, op: key, on: mentionOf(get(value, 'cpu')!), do: actionsOf(get(value, 'do')) };
    default:
      return null;
  }
}

/** `poll` or `main_loop_wait`, with its argument if it has one. */
export function pollOf(op: 'poll' | 'main_loop_wait', { at }: Node, value: Node | null): Action {
  if (value?.kind !== 'map') {
    return { at, op, blocking: value !== null, until: null, quiet: false, context: null };
  }
  const until = get(value, 'until');
  const of = get(value, 'of');
  return {
    at,
    op,
    blocking: boolOf(get(value, 'blocking'), until !== undefined),
    until: until === undefined ? null : conditionOf(until),
    quiet: boolOf(get(value, 'quiet'), false),
    context: of === undefined ? null : mentionOf(of),
  };
}

function conditionOf(node: Node): Condition {
  return entriesOf(node).map(({ key, value }) => ({
    word: mentionOf(key),
    is: comparisonOf(value, numberBound),
  }));
}
