import type { ClockName } from '../aio/clock.ts';
import { pollOf, threadActionOf } from './build-thread-actions.ts';
import type { Action, Body, CheckItem, NameOp, SiginfoField, SignalSpec, Watch } from './model.ts';
import type { Mention } from './problem.ts';
import {
  boolOf,
  comparisonOf,
  entriesOf,
  get,
  itemsOf,
  mentionOf,
  nsOf,
  numberOf,
  onlyEntry,
  textOf,
} from './read.ts';
import type { MapEntry, Node } from './source.ts';
import { durationBound, durationNs, numberBound } from './values.ts';
import { NAME_ACTIONS } from './vocabulary.ts';

const NAME_OPS: ReadonlySet<string> = new Set(NAME_ACTIONS);

export function actionsOf(node: Node | undefined): Action[] {
  return itemsOf(node).map(actionOf);
}

/** `do` and `do_runs` of a callback. */
export function bodyOf(node: Node): Body {
  return {
    do: actionsOf(get(node, 'do')),
    doRuns: numberOf(get(node, 'do_runs'), Number.POSITIVE_INFINITY),
  };
}

export function signalSpecOf(node: Node): SignalSpec {
  const word = textOf(node, 'function');
  const siginfo = get(node, 'siginfo');
  const body = bodyOf(node);
  return {
    do: body.do,
    doRuns: body.doRuns,
    handler: word as SignalSpec['handler'],
    siginfo:
      siginfo === undefined ? null : itemsOf(siginfo).map((item) => textOf(item) as SiginfoField),
    reset: boolOf(get(node, 'reset'), false),
    nocldstop: boolOf(get(node, 'nocldstop'), false),
  };
}

function actionOf(node: Node): Action {
  const { at } = node;
  if (node.kind === 'scalar') return bareAction(node.text, node);
  const { key, value } = onlyEntry(node);
  const threads = threadActionOf(key.text, node, value, actionsOf);
  if (threads !== null) return threads;
  if (NAME_OPS.has(key.text)) return { at, op: key.text as NameOp, on: mentionOf(value) };
  return keyedAction(key.text, node, value);
}

function bareAction(word: string, node: Node): Action {
  const { at } = node;
  switch (word) {
    case 'poll':
    case 'main_loop_wait':
      return pollOf(word, node, null);
    case 'kick':
      return { at, op: 'wait_kick' };
    case 'disable_external':
    case 'enable_external':
      return { at, op: word, context: mainContext(node) };
    case 'run':
      return { at, op: 'run', forNs: null, iterations: null };
    default:
      return { at, op: word as 'step' };
  }
}

function keyedAction(key: string, node: Node, value: Node): Action {
  const { at } = node;
  switch (key) {
    case 'watch': {
      if (value.kind === 'scalar') return { at, op: key, on: mentionOf(value), watch: null };
      const [on, watch] = pair(value);
      return { at, op: key, on, watch: watch as Watch };
    }
    case 'notify':
    case 'disable_external':
    case 'enable_external':
      return { at, op: key, context: mentionOf(value) };
    case 'arm':
    case 'arm_at':
    case 'anticipate_at': {
      const [on, time] = pair(value);
      return { at, op: key, on, ns: durationNs(time) };
    }
    case 'enable_clock':
    case 'disable_clock':
      return { at, op: key, clock: textOf(value) as ClockName };
    case 'poll_params': {
      const maxNs = nsOf(get(value, 'max'))!;
      const grow = numberOf(get(value, 'grow'), 0);
      const of = get(value, 'of');
      const context = of === undefined ? mainContext(node) : mentionOf(of);
      return { at, op: key, context, maxNs, grow, shrink: numberOf(get(value, 'shrink'), 0) };
    }
    case 'sleep':
    case 'block':
    case 'wait_for':
      return { at, op: key, ns: durationNs(textOf(value)) };
    case 'sigqueue': {
      const [on, number] = pair(value);
      return { at, op: key, on, value: Number(number) };
    }
    case 'kill_child': {
      const entry = onlyEntry(value);
      return { at, op: key, on: mentionOf(entry.key), signal: mentionOf(entry.value) };
    }
    case 'sigaction': {
      const entry = onlyEntry(value);
      return { at, op: key, on: mentionOf(entry.key), spec: signalSpecOf(entry.value) };
    }
    case 'poll':
    case 'main_loop_wait':
      return pollOf(key, node, value);
    case 'run': {
      const iterations = get(value, 'iterations');
      const limit = iterations === undefined ? null : numberOf(iterations, 0);
      return { at, op: key, forNs: nsOf(get(value, 'for')), iterations: limit };
    }
    case 'log':
      return { at, op: key, text: textOf(value) };
    case 'repeat':
      return {
        at,
        op: key,
        times: numberOf(get(value, 'times'), 0),
        do: actionsOf(get(value, 'do')),
      };
    case 'check':
      return { at, op: key, items: entriesOf(value).flatMap(checkItems) };
    default:
      throw new Error(`an action '${key}' passed the schema, and nothing reads it`);
  }
}

/** The main context, for actions that name none. */
function mainContext({ at }: Node): Mention {
  return { name: 'main', at };
}

/** Name and argument of `{name: argument}`. */
function pair(node: Node): [on: ReturnType<typeof mentionOf>, argument: string] {
  const { key, value } = onlyEntry(node);
  return [mentionOf(key), textOf(value)];
}

function checkItems({ key, value }: MapEntry): CheckItem[] {
  const { at } = key;
  const what = key.text;
  switch (what) {
    case 'timeout':
    case 'blocked':
    case 'poll_ns':
      return [{ at, key: what, is: comparisonOf(value, durationBound) }];
    case 'result':
      return [{ at, key: what, is: boolOf(value, false) }];
    case 'fdmon':
      return [{ at, key: what, is: textOf(value) }];
    case 'pending':
    case 'ended':
      return entriesOf(value).map((e) => ({
        at,
        key: what,
        of: mentionOf(e.key),
        is: boolOf(e.value, false),
      }));
    case 'expires_at':
    case 'calls': {
      const bound = what === 'calls' ? numberBound : durationBound;
      return entriesOf(value).map((e) => ({
        at,
        key: what,
        of: mentionOf(e.key),
        is: comparisonOf(e.value, bound),
      }));
    }
    case 'clock':
      return entriesOf(value).map((e) => ({
        at,
        key: what,
        clock: e.key.text as ClockName,
        is: comparisonOf(e.value, durationBound),
      }));
    default:
      throw new Error(`a check '${what}' passed the schema, and nothing reads it`);
  }
}
