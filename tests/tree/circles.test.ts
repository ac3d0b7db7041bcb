import { expect, it } from 'vitest';
import { type Import, sources } from './files.ts';

const files = sources('src');

/** Circles of imports, each once. @param counts whether an import counts */
function circles(counts: (path: string, one: Import) => boolean): string[] {
  const edges = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.filter((one) => counts(path, one)).map(({ from }) => from),
    ]),
  );
  const found = new Set<string>();
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const at = way.indexOf(path);
    if (at >= 0) {
      const circle = way.slice(at);
      const first = circle.indexOf([...circle].sort()[0]!);
      found.add([...circle.slice(first), ...circle.slice(0, first)].join(' → '));
      return;
    }
    if (done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return [...found].sort();
}

it('no file imports values in a circle', () => {
  expect(circles((_, { isType }) => !isType)).toEqual([]);
});

/** A whole and its parts, which are made together and know each other. */
const TOGETHER: readonly string[] = [
  'src/scenario/model-threads.ts → src/scenario/model.ts',
  'src/scenario/run/lane.ts → src/scenario/run/machine.ts',
];

it('no file imports types in a circle, but a whole and its parts, as a machine and its threads', () => {
  expect(circles((path) => !path.startsWith('src/thread/'))).toEqual(TOGETHER);
});
