import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, type SourceFile, sources } from './files.ts';

const ROOTS = [
  'src/core.ts',
  'src/index.ts',
  'src/sim.ts',
  'src/scenario/core.ts',
  'src/scenario/index.ts',
  'src/cli/main.ts',
];
/** Files that the build bundles separately, so that no import names them. */
const PROGRAMS = [
  'src/cli/report/page/main.ts',
  'src/cli/play/page/main.ts',
  'src/cli/play/worker.ts',
  'src/thread/thread-entry.ts',
  'src/scenario/run/threads/iothread-lane.ts',
  'src/scenario/run/threads/plain-lane.ts',
  'src/scenario/run/threads/pool-lane.ts',
  'src/scenario/run/threads/vcpu-lane.ts',
];

const files = sources('src');
const users = [
  ...files,
  ...sources('tests'),
  ...(existsSync(join(ROOT, 'bench')) ? sources('bench') : []),
];

function reachable(): Set<string> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const visit = (path: string): void => {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) return;
    reached.add(path);
    for (const { from } of file.imports) visit(from);
  };
  for (const path of [...ROOTS, ...PROGRAMS]) visit(path);
  return reached;
}

/** Names that a file exports: declarations, and lists without `from`. */
function exportsOf(file: SourceFile): string[] {
  const names = [
    ...file.code.matchAll(
      /(?:^|\n)export (?:declare )?(?:abstract )?(?:async )?(?:class|function\*?|const|let|interface|type) (\w+)/g,
    ),
  ].map(([, name]) => name!);
  for (const [, list] of file.code.matchAll(/(?:^|\n)export (?:type )?\{([^}]*)\}\s*;/g)) {
    names.push(
      ...list!
        .split(',')
        .map(
          (part) =>
            part
              .trim()
              .split(/\s+as\s+/)
              .at(-1)!,
        )
        .filter((name) => name !== ''),
    );
  }
  return names;
}

describe('nothing is dead', () => {
  it('every file under src is reached from the library or the command', () => {
    const reached = reachable();
    expect(files.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
  });

  it('every export is used by another file, or in its own', () => {
    const dead: string[] = [];
    for (const file of files) {
      if (ROOTS.includes(file.path)) continue;
      const imported = users.flatMap(({ imports }) =>
        imports.filter(({ from }) => from === file.path),
      );
      if (imported.some(({ names }) => names.includes('*'))) continue;
      const used = new Set(imported.flatMap(({ names }) => names));
      for (const name of exportsOf(file)) {
        const uses = file.code.match(new RegExp(`\\b${name}\\b`, 'g'))!.length;
        // An interface or type that its own file's exports speak of has a use.
        if (!used.has(name) && uses < 2) dead.push(`${file.path}: ${name}`);
      }
    }
    expect(dead).toEqual([]);
  });
});
