import { expect, it } from 'vitest';
import { sources } from './files.ts';

/**
 * State that two traces in one process would share: a variable, or a collection that starts empty.
 * Tables are filled at their declaration.
 */
const STATE: readonly RegExp[] = [
  /^(?:export )?(?:let|var) (\w+)/gm,
  /^(?:export )?const (\w+)[^\n]*= (?:new (?:Map|Set|WeakMap|WeakSet|Array)(?:<.*>)?\(\)|\[\]|\{\});/gm,
];

function stateOf(code: string): string[] {
  return STATE.flatMap((pattern) => [...code.matchAll(pattern)].map(([, name]) => name!));
}

it('src/trace keeps no state in its modules', () => {
  const files = sources('src').filter(({ path }) => path.startsWith('src/trace/'));
  expect(files.length).toBeGreaterThan(0);
  const found = files.flatMap(({ path, code }) => stateOf(code).map((name) => `${path}: ${name}`));
  expect(found).toEqual([]);
});

it('the test finds state', () => {
  const code = [
    'let last = 0;',
    'export const seen: Map<number, string> = new Map();',
    'const all = new Set<number>();',
    'const list: string[] = [];',
    'const table = new Map([[1, 2]]);',
    'function f() {',
    '  let local = 0;',
  ].join('\n');
  expect(stateOf(code)).toEqual(['last', 'seen', 'all', 'list']);
});
