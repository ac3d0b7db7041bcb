/**
 * Valid scenarios whose actions were changed, on the simulated host: a run ends within its bounds,
 * without an error of the emulator, and gives the same log again.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse } from 'yaml';
import { type PlainScenario, randomScenario } from '../../../src/cli/fuzz/random-scenario.ts';
import { loadScenario } from '../../../src/scenario/load.ts';
import type { Scenario } from '../../../src/scenario/model.ts';
import { ScenarioEnded } from '../../../src/scenario/run/ended.ts';
import { type RunResult, runScenario } from '../../../src/scenario/run/run.ts';
import { SimWorld } from '../../../src/scenario/run/sim-world.ts';
import type { Generator } from '../generators.ts';

type Tree = Record<string, unknown>;

const root = join(import.meta.dirname, '..', '..', '..');
const trees: readonly Tree[] = ['scenarios', 'tests/conformance'].flatMap((dir) =>
  readdirSync(join(root, dir))
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => parse(readFileSync(join(root, dir, name), 'utf8'), { schema: 'failsafe' })),
);

const TIMES = ['0ns', '1ns', '1ms', '7ms', '1s', '1000000s'];
const COUNTS = ['0', '1', '2', '7', '1000', '1000000'];
const NAMED = [
  ...['schedule', 'schedule_idle', 'cancel', 'delete', 'oneshot', 'kick', 'watch', 'unwatch'],
  ...['close', 'close_peer', 'reopen', 'set', 'test_and_clear', 'flag', 'arm_now', 'disarm'],
  ...[
    'enter',
    'wake',
    'co_schedule',
    'enter_next',
    'enter_all',
    'raise',
    'kill',
    'spawn',
    'attach',
  ],
  ...['wait', 'next', 'restart_all', 'lock', 'unlock', 'rdlock', 'wrlock', 'rwunlock'],
];
const BARE = [
  ...['notify_event', 'disable_external', 'enable_external', 'yield', 'poll', 'main_loop_wait'],
  ...['step', 'settle', 'run', 'quit'],
];
const ERRORS = ['EINTR', 'EAGAIN', 'EBADF', 'ENOMEM', 'EMFILE', 'EINVAL'];
const CALLS = ['read', 'write', 'poll', 'spawn', 'waitpid', 'epoll_ctl'];

interface Change {
  readonly kind: 'action' | 'number' | 'remove' | 'fault' | 'again';
  readonly at: number;
  readonly name: number;
  readonly word: string;
  readonly more: string;
  readonly amount: string;
}

const changes: fc.Arbitrary<readonly Change[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('action', 'action', 'number', 'remove', 'fault', 'again'),
    at: fc.nat(200),
    name: fc.nat(20),
    word: fc.constantFrom(...NAMED, ...BARE, 'arm', 'arm_at', 'block', 'repeat', 'sigaction'),
    more: fc.constantFrom(...ERRORS),
    amount: fc.constantFrom(...TIMES, ...COUNTS),
  }),
  { minLength: 1, maxLength: 6 },
);

const SECTIONS = [
  ...[
    'bottom_halves',
    'timers',
    'fds',
    'notifiers',
    'coroutines',
    'signals',
    'children',
    'sources',
  ],
  ...['co_queues', 'co_mutexes', 'co_rwlocks'],
];

function namesOf(tree: Tree): string[] {
  return SECTIONS.flatMap((section) => {
    const of = tree[section];
    if (Array.isArray(of)) return of as string[];
    return typeof of === 'object' && of !== null ? Object.keys(of) : [];
  });
}

function listsOf(node: unknown, found: unknown[][] = []): unknown[][] {
  if (typeof node !== 'object' || node === null) return found;
  for (const [key, value] of Object.entries(node)) {
    if (Array.isArray(value) && ['steps', 'do', 'do_write'].includes(key)) found.push(value);
    listsOf(value, found);
  }
  return found;
}

function scalarsOf(node: unknown, found: { of: Tree; key: string }[] = []): typeof found {
  if (typeof node !== 'object' || node === null) return found;
  for (const [key, value] of Object.entries(node)) {
    if (typeof value === 'string' && /^\d/.test(value)) found.push({ of: node as Tree, key });
    scalarsOf(value, found);
  }
  return found;
}

function actionOf({ word, amount }: Change, name: string): unknown {
  if (BARE.includes(word)) return word;
  if (word === 'arm' || word === 'arm_at') return { [word]: { [name]: amount } };
  if (word === 'block') return { block: amount };
  if (word === 'repeat') return { repeat: { times: amount, do: [{ kick: name }, 'step'] } };
  if (word === 'sigaction') return { sigaction: { [name]: { do: [{ raise: name }] } } };
  return { [word]: name };
}

function apply(tree: Tree, change: Change): void {
  const names = namesOf(tree);
  const name = names[change.name % names.length] ?? 'a';
  const lists = listsOf(tree);
  const list = lists[change.at % lists.length];
  const numbers = scalarsOf(tree);
  const number = numbers[change.at % numbers.length];
  switch (change.kind) {
    case 'action':
      list?.splice(change.at % (list.length + 1), 0, actionOf(change, name));
      return;
    case 'remove':
      list?.splice(change.at % (list.length + 1), 1);
      return;
    case 'again':
      list?.push(...structuredClone(list));
      return;
    case 'number':
      if (number !== undefined) number.of[number.key] = change.amount;
      return;
    case 'fault': {
      const faults = (tree.faults ?? []) as unknown[];
      const call = CALLS[change.at % CALLS.length];
      tree.faults = [...faults, { call, error: change.more, times: change.amount }];
    }
  }
}

/** A run is ended after this many turns, not after some time: each repeat is the same. */
const MOST_TURNS = 2_000;

function run(scenario: Scenario): RunResult {
  let turns = 0;
  const turn = (): void => {
    if (++turns > MOST_TURNS) throw new ScenarioEnded('enough');
  };
  const options = { trace: true, beforeWait: turn, whileBusy: turn };
  return runScenario(scenario, (seed) => new SimWorld(seed), options);
}

type Input =
  | { readonly file: number; readonly changes: readonly Change[]; readonly jitter: boolean }
  | { readonly plain: PlainScenario };

function textOf(input: Input): string {
  if ('plain' in input) return JSON.stringify(input.plain, null, 1);
  const tree = structuredClone(trees[input.file % trees.length]!);
  for (const change of input.changes) apply(tree, change);
  if (input.jitter) tree.jitter = '5ms';
  // The result may differ from that of the original.
  delete tree.expect;
  return JSON.stringify(tree, null, 1);
}

export default {
  about: 'changed scenarios run to an end on the simulated host, and give the same log again',
  inputs: fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ file: fc.nat(trees.length - 1), changes, jitter: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ plain: randomScenario }) },
  ),
  check: (input: Input) => {
    const { scenario } = loadScenario(textOf(input), 'f');
    if (scenario === null) return;
    const first = run(scenario);
    if (first.status === 3) throw new Error(first.failures.map((one) => one.message).join('\n'));
    const again = run(scenario);
    if (JSON.stringify(again) !== JSON.stringify(first))
      throw new Error('another log the second time');
  },
  show: textOf,
} satisfies Generator<Input>;
