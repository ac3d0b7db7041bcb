import type { z } from 'zod';
import { signalNames } from '../signal/names.ts';
import { misplacedWord, whereOf } from './action-places.ts';
import type { Op } from './model.ts';
import type { Problems } from './problem.ts';
import { actionWords } from './schema-actions.ts';
import { A_SIGNAL, type Expected, unpack } from './schema-parts.ts';
import { describe, entryOf, type MapNode, type Node, nodeAt } from './source.ts';
import { meant, meantAction, meantKey, meantSignal } from './suggest.ts';
import { NAME_ACTIONS } from './vocabulary.ts';

type Issue = z.core.$ZodIssue;

/** Turns zod's issues into problems of the file: place, what was found, what was expected. */
export function explain(root: Node, issues: readonly Issue[], problems: Problems): void {
  for (const issue of inOrder(root, telling(issues))) {
    if (problems.isFull) return;
    explainIssue(root, [], issue, problems);
  }
}

/** In order of the file, so that of too many the first are reported. */
function inOrder(root: Node, issues: readonly Issue[]): Issue[] {
  const placed = issues.map((issue) => {
    const node = nodeAt(root, issue.path) ?? nodeAt(root, issue.path.slice(0, -1));
    return { issue, at: node?.at ?? root.at };
  });
  placed.sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
  return placed.map(({ issue }) => issue);
}

/** Drops rules on a map as a whole if keys of it are unknown: they would add nothing. */
function telling(issues: readonly Issue[]): readonly Issue[] {
  const unknown = new Set<string>();
  for (const i of issues) if (i.code === 'unrecognized_keys') unknown.add(i.path.join());
  if (unknown.size === 0) return issues;
  return issues.filter((i) => i.code !== 'custom' || !unknown.has(i.path.join()));
}

function explainIssue(
  root: Node,
  before: readonly PropertyKey[],
  issue: Issue,
  problems: Problems,
): void {
  const path = [...before, ...issue.path];
  const node = nodeAt(root, path);
  if (isTold(node)) return;
  if (issue.code === 'invalid_union') {
    explainUnion(root, path, issue.errors, problems);
    return;
  }
  const expected = unpack(issue.message) ?? { what: issue.message, words: [] };
  if (issue.code === 'unrecognized_keys' || issue.code === 'invalid_key') {
    const parent = issue.code === 'invalid_key' ? nodeAt(root, path.slice(0, -1)) : node;
    const keys = issue.code === 'invalid_key' ? [String(path.at(-1))] : issue.keys;
    for (const key of keys) explainKey(parent, path, key, keyExpected(issue, expected), problems);
    return;
  }
  if (node === undefined) {
    const parent = nodeAt(root, path.slice(0, -1)) ?? root;
    problems.add(parent.at, `'${String(path.at(-1))}' is missing: expected ${expected.what}`);
    return;
  }
  tellNode(node, path, expected, problems);
}

/** Reports a node that is not what was expected. */
function tellNode(
  node: Node,
  path: readonly PropertyKey[],
  { what, words }: Expected,
  problems: Problems,
): void {
  const found = describe(node);
  if (node.kind === 'scalar' && ACTIONS.has(found) && words.includes(found)) {
    const wrong = misplacedWord(found as Op, whereOf(path)) ?? needsText(found);
    problems.add(node.at, wrong);
    return;
  }
  if (node.kind === 'scalar' && what === A_SIGNAL) {
    problems.expected(node.at, found, what, signalNames(), meantSignal(found));
    return;
  }
  const inPlace = meant(node, what);
  const hint = inPlace === undefined ? emptyHint(node, path, what) : `, such as ${inPlace}`;
  const near = wordsAt(path, words);
  problems.expected(node.at, found, what + hint, near, actionFor(found, near));
}

/** The message for an action without its argument. */
function needsText(action: string): string {
  const what = (NAME_ACTIONS as readonly string[]).includes(action) ? 'a name' : 'an argument';
  return `${action} needs ${what}, such as {${action}: ${ARGUMENTS[action] ?? 'a'}}`;
}

/** Maps that may be empty. */
const MAY_BE_EMPTY =
  /\b(bottom half|timer|fd|notifier|coroutine|signal|child|poll notifier): a map$/;

/** A hint for a key whose value was left out. */
function emptyHint(node: Node, path: readonly PropertyKey[], what: string): string {
  if (node.kind !== 'scalar' || !node.empty || !MAY_BE_EMPTY.test(what)) return '';
  return `; with nothing to say of it, write ${String(path.at(-1))}: {}`;
}

const ACTIONS: ReadonlySet<string> = new Set(actionWords());

/** The actions among the words that are allowed at that place. */
function wordsAt(path: readonly PropertyKey[], words: readonly string[]): readonly string[] {
  const where = whereOf(path);
  return words.filter((word) => !ACTIONS.has(word) || misplacedWord(word as Op, where) === null);
}

/** The issue of a record's key that is not a member of an enum contains the enum's own issue. */
function keyExpected(issue: Issue, expected: Expected): Expected {
  if (issue.code !== 'invalid_key') return expected;
  return unpack(issue.issues[0]?.message ?? '') ?? expected;
}

function explainKey(
  node: Node | undefined,
  path: readonly PropertyKey[],
  key: string,
  expected: Expected,
  problems: Problems,
): void {
  if (node?.kind !== 'map') return;
  const entry = entryOf(node, key);
  if (isTold(entry?.key)) return;
  const at = entry?.key.at ?? node.at;
  // The word itself would be right: most likely the next action, with its '-' missing.
  if (expected.words.includes(key)) problems.expected(at, key, wordExpected(node, key));
  else {
    const near = wordsAt(path, expected.words);
    const meantOne = actionFor(key, near) ?? meantKey(key, near);
    problems.expected(at, key, expected.what, near, meantOne);
  }
}

/** The action that another word stands for, if it is allowed here. */
function actionFor(word: string, words: readonly string[]): string | undefined {
  const action = meantAction(word);
  return action !== undefined && ACTIONS.has(action) && words.includes(action) ? action : undefined;
}

function wordExpected(node: MapNode, word: string): string {
  return node.entries.length > 1
    ? `one action an entry: give '${word}' an entry of its own`
    : `the bare word '${word}': it takes no argument`;
}

function isTold(node: Node | undefined): boolean {
  return node?.kind === 'scalar' && node.told === true;
}

/** Reports the options that fit the kind of node found: a word, a list or a map. */
function explainUnion(
  root: Node,
  path: readonly PropertyKey[],
  options: readonly (readonly Issue[])[],
  problems: Problems,
): void {
  const node = nodeAt(root, path);
  const fitting = options.filter((issues) => !issues.some(isWrongKind));
  if (fitting.length === 1 || (fitting.length > 1 && node?.kind !== 'scalar')) {
    for (const issue of telling(fitting[0]!)) explainIssue(root, path, issue, problems);
    return;
  }
  const all = (fitting.length > 0 ? fitting : options).flatMap((issues) =>
    issues.flatMap((issue) => unpack(issue.message) ?? []),
  );
  const what = [...new Set(all.map((expected) => expected.what))].join(', or ');
  const words = all.flatMap((expected) => expected.words);
  if (node !== undefined) {
    tellNode(node, path, { what, words }, problems);
    return;
  }
  const at = nodeAt(root, path.slice(0, -1))?.at ?? root.at;
  problems.expected(at, 'nothing', what, words);
}

/** An example argument for each action that needs one. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  watch: 'e',
  notify: 'main',
  arm: '{t: 10ms}',
  arm_at: '{t: 1ns}',
  anticipate_at: '{t: 1ns}',
  enable_clock: 'virtual',
  disable_clock: 'virtual',
  poll_params: '{max: 1s, grow: 0, shrink: 0}',
  sleep: '4ms',
  sigqueue: '{SIGUSR1: 1}',
  kill_child: '{a: SIGTERM}',
  sigaction: '{SIGUSR1: ignore}',
  block: '5ms',
  wait_for: '20ms',
  log: 'text',
  repeat: '{times: 2, do: [poll]}',
  check: '{result: true}',
  raise: 'SIGUSR1',
  kill: 'SIGUSR1',
  wait_while: '{context: io0, while: {done: 0}}',
  put: '{done: 1}',
  add: '{count: 1}',
  compute: '5us',
  run_on_cpu: '{cpu: cpu0, do: [kick]}',
  async_run_on_cpu: '{cpu: cpu0, do: [kick]}',
  async_safe_run_on_cpu: '{cpu: cpu0, do: [kick]}',
  acquire: 'io0',
  release: 'io0',
  hold: 'io0',
  go_on: 'io0',
  wait_idle: 'io0',
  wait_asleep: 'io0',
  reschedule: 'io0',
  stop: 'io0',
  start: 't',
  join: 't',
};

/** Whether an option of a union wants another kind of node. */
function isWrongKind(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  return issue.code === 'invalid_type' || (issue.code === 'invalid_value' && isNoText(issue));
}

function isNoText(issue: Issue): boolean {
  return typeof issue.input !== 'string' && issue.input !== undefined;
}
