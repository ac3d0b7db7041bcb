/**
 * Scenario files with changes to their text or their data. Each gives a scenario, or problems that
 * all have a place. No file makes the loader hang or fail, and its fast acceptor agrees with zod.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse } from 'yaml';
import { acceptorOf } from '../../../src/scenario/accept.ts';
import { loadScenario } from '../../../src/scenario/load.ts';
import { Problems } from '../../../src/scenario/problem.ts';
import { readYaml } from '../../../src/scenario/read-yaml.ts';
import { scenarioSchema } from '../../../src/scenario/schema.ts';
import { toPlain } from '../../../src/scenario/source.ts';
import type { Generator } from '../generators.ts';
import { type Edit, edit, edits } from '../mutate.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const texts = ['scenarios', 'tests/conformance'].flatMap((dir) =>
  readdirSync(join(root, dir))
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => readFileSync(join(root, dir, name), 'utf8')),
);

const trees: readonly unknown[] = texts.map((text) => parse(text, { schema: 'failsafe' }));

/** Texts that mean something in YAML or in the language. */
const PIECES = [
  ...['[', ']', '{', '}', ': ', '- ', ', ', '? ', '&a ', '*a', '<<: *a', '!!map ', '|\n', '"', "'"],
  ...['#', '\n', '  ', '\t', '---\n', '...\n', '%YAML 1.1\n', '\0', '\uFEFF', '{{', '[[[['],
  ...[
    'do: ',
    'repeat: {times: 2, do: [',
    'sigaction: {SIGUSR1: {do: [',
    'of: e',
    'expect: ',
    'steps: [',
  ],
  ...[
    'null',
    '~',
    '1e9',
    '-1',
    '99999999999999999999',
    '1000001',
    '5ms',
    '1000001s',
    '9'.repeat(400),
  ],
  ...['__proto__', 'constructor', 'toString', 'self', 'mlw', 'SIGKILL', 'SIGRTMIN+99', 'exited 3'],
];

type TextEdit = { readonly at: number; readonly remove: number; readonly insert: string };

const textEdits: fc.Arbitrary<readonly TextEdit[]> = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.nat(12),
    insert: fc.oneof(fc.constantFrom(...PIECES), fc.constant('')),
  }),
  { minLength: 1, maxLength: 5 },
);

const oddScalar = fc.oneof(
  fc.constantFrom<unknown>(...PIECES),
  fc.constantFrom<unknown>(null, true, false, '', 0, -1, 1.5, 2 ** 32, 1e300),
  fc.string({ maxLength: 6 }),
);
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  oddScalar,
  fc.array(oddScalar, { maxLength: 3 }),
  fc.dictionary(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 4 })), oddScalar, {
    maxKeys: 3,
  }),
);

/** Changes the n-th place of a file: sets a value, copies another place, or removes it. */
interface TreeEdit {
  readonly place: number;
  readonly how: 'value' | 'key' | 'copy' | 'swap' | 'remove';
  readonly other: number;
  readonly value: unknown;
}

const treeEdits: fc.Arbitrary<readonly TreeEdit[]> = fc.array(
  fc.record({
    place: fc.nat(400),
    how: fc.constantFrom('value', 'key', 'copy', 'swap', 'remove'),
    other: fc.nat(400),
    value: oddValue,
  }),
  { minLength: 1, maxLength: 4 },
);

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

function placesOf(node: unknown, found: Place[] = []): Place[] {
  if (typeof node !== 'object' || node === null) return found;
  const holder = node as Record<string, unknown>;
  for (const key of Object.keys(holder)) {
    found.push({ holder, key });
    placesOf(holder[key], found);
  }
  return found;
}

function change(tree: unknown, { place, how, other, value }: TreeEdit): void {
  const places = placesOf(tree);
  if (places.length === 0) return;
  const { holder, key } = places[place % places.length]!;
  const from = places[other % places.length]!;
  // A copy: later edits change it, and must not change the input.
  if (how === 'value') holder[key] = structuredClone(value);
  else if (how === 'copy') holder[key] = structuredClone(from.holder[from.key]);
  else if (how === 'remove' && Array.isArray(holder)) holder.splice(Number(key), 1);
  else if (how === 'remove') delete holder[key];
  else if (how === 'key') {
    const name = typeof value === 'string' ? value : from.key;
    if (Array.isArray(holder) || name === key) return;
    // An assignment to __proto__ would add no key.
    const own = { value: holder[key], enumerable: true, writable: true, configurable: true };
    Object.defineProperty(holder, name, own);
    delete holder[key];
  } else {
    const mine = structuredClone(holder[key]);
    holder[key] = structuredClone(from.holder[from.key]);
    from.holder[from.key] = mine;
  }
}

type Input = { readonly file: number } & (
  | { readonly bytes: readonly Edit[] }
  | { readonly text: readonly TextEdit[] }
  | { readonly tree: readonly TreeEdit[] }
);

export function textOf(input: Input): string {
  const text = texts[input.file % texts.length]!;
  if ('bytes' in input) return Buffer.from(edit(Buffer.from(text), input.bytes)).toString('utf8');
  if ('tree' in input) {
    const tree = structuredClone(trees[input.file % trees.length]);
    for (const one of input.tree) change(tree, one);
    // JSON is YAML, too.
    return JSON.stringify(tree, null, 1);
  }
  let now = text;
  for (const { at, remove, insert } of input.text) {
    const start = Math.floor(at * now.length);
    now = now.slice(0, start) + insert + now.slice(start + remove);
  }
  return now;
}

const file = fc.nat(texts.length - 1);

export const changedFiles: fc.Arbitrary<Input> = fc.oneof(
  fc.record({ file, bytes: edits() }),
  fc.record({ file, text: textEdits }),
  { weight: 2, arbitrary: fc.record({ file, tree: treeEdits }) },
);

/** The fast acceptor agrees with zod; of equal keys zod sees the first only. */
function checkAcceptor(text: string): void {
  const problems = new Problems('f');
  const root = readYaml(text, problems);
  if (root === null) return;
  const accepts = acceptorOf(scenarioSchema)(root);
  const { success } = scenarioSchema.safeParse(toPlain(root));
  if (accepts === success || (success && problems.list.length > 0)) return;
  throw new Error(`the acceptor says ${accepts}, zod says ${success}`);
}

export default {
  about: 'changed scenario files give a scenario, or problems with a place each',
  inputs: changedFiles,
  check: (input) => {
    const text = textOf(input);
    const { scenario, problems } = loadScenario(text, 'f');
    if ((scenario === null) !== problems.length > 0) {
      throw new Error(
        `${problems.length} problems, and ${scenario === null ? 'no' : 'a'} scenario`,
      );
    }
    const lines = text.split(/\r\n|\r|\n/).length;
    for (const { line, column, message } of problems) {
      const isPlace = Number.isInteger(line) && line >= 1 && line <= lines && column >= 1;
      if (!isPlace) throw new Error(`no place in the file: ${line}:${column}: ${message}`);
      if (/\bundefined\b|\[object|RangeError|call stack|not a function/.test(message)) {
        throw new Error(`no message for a person: ${message}`);
      }
    }
    checkAcceptor(text);
  },
  show: textOf,
} satisfies Generator<Input>;
