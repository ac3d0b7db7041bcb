import { expect, it } from 'vitest';
import { sources } from './files.ts';

const COLLECTION = /= *(?:new (?:Map|Set|WeakMap|WeakSet|Array)(?:<.*>)?\(\)|\[\]|\{\});/.source;

/**
 * State that two loops in one process would share: a variable, a collection that starts empty, or an
 * object with a small name, of a module or of a class. Tables are filled at their declaration, and an
 * empty list that is `readonly` stays empty.
 */
const STATE: readonly RegExp[] = [
  /^(?:export )?(?:let|var) (\w+)/gm,
  new RegExp(`^(?:export )?const (\\w+)\\b(?!: [Rr]eadonly)[^\\n=]*${COLLECTION}`, 'gm'),
  /^(?:export )?const ([a-z]\w*)[^\n=]*= new (?!Map\b|Set\b|WeakMap\b|WeakSet\b|Array\b|Text)/gm,
  new RegExp(`^ +(?:\\w+ )*static (?:readonly )?(#?\\w+)[^\\n=]*${COLLECTION}`, 'gm'),
  /^ +(?:(?:public|private|protected|override) )*static (#?(?!readonly\b)\w+)(?::[^\n=]*)? =(?!>)/gm,
];

/** State of modules nevertheless, with the reason. None of it is a loop's or a machine's. */
const KEPT: Readonly<Record<string, string>> = {
  'src/cli/run/scenario-worker.ts: spare': "the program of a Worker: all of its runs' threads",
  'src/host/linux/clone-steps.ts: tells': 'what this kernel does, found out once',
  'src/host/linux/libc.ts: errnoWord': "the errno of the JavaScript thread, in C's memory",
  'src/host/linux/machine/calls.ts: gated': 'a page of code, which stays as long as the process',
  'src/host/linux/node/immediates.ts: installed': "Node's prototype of immediates, changed once",
  'src/host/linux/node/immediates.ts: wanted': 'how many want that change: Node has one prototype',
  'src/host/linux/node/node-thread.ts: current': 'what Node has made for the JavaScript thread',
  'src/host/linux/node/node-thread.ts: hooks': 'a page of code, which stays as long as the process',
  'src/scenario/accept.ts: known': 'a function for each schema, which is a constant',
  'src/scenario/schema-parts.ts: jsonSchemas': 'filled where the schemas are declared',
  'src/scenario/schema-parts.ts: keysChecks': 'filled where the schemas are declared',
};

function stateOf(code: string): string[] {
  return STATE.flatMap((pattern) => [...code.matchAll(pattern)].map(([, name]) => name!));
}

it('modules keep no state, except what belongs to the process', () => {
  const files = sources('src');
  const found = files.flatMap(({ path, code }) => stateOf(code).map((name) => `${path}: ${name}`));
  expect([...new Set(found)].sort()).toEqual(Object.keys(KEPT).sort());
});

it('the test finds state', () => {
  const code = [
    'let last = 0;',
    'export const seen: Map<number, string> = new Map();',
    'const all = new Set<number>();',
    'const list: string[] = [];',
    'const memo = new WeakMap<Host, WeakMap<SharedArrayBuffer, Link>>();',
    'const spare = new SpareWorkers();',
    'const table = new Map([[1, 2]]);',
    'const NONE: readonly string[] = [];',
    'const f = () => [];',
    'function f() {',
    '  let local = 0;',
    'class A {',
    '  static readonly #byContext = new WeakMap<AioContext, IoMemory>();',
    '  static count = 0;',
    '  static readonly WORDS = 2;',
    '  static of(host: Host): A {',
  ].join('\n');
  const kept = ['last', 'seen', 'all', 'list', 'memo', 'spare', '#byContext', 'count'];
  expect(stateOf(code)).toEqual(kept);
});
