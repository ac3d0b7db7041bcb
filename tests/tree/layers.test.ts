import { describe, expect, it } from 'vitest';
import { sources } from './files.ts';

/** A folder imports only from itself and from those before it. */
const LAYERS = [
  'host',
  'trace',
  'aio',
  'coroutine',
  'signal',
  'mainloop',
  'thread',
  'explore',
  'io',
  'scenario',
  'cli',
];
/** Those of the library. They import what they export, and src/core.ts is of both. */
const ENTRIES = ['src/core.ts', 'src/index.ts', 'src/sim.ts'];
const files = sources('src');

function layerOf(path: string): number {
  return LAYERS.indexOf(path.split('/')[1]!);
}

describe('layers', () => {
  it('every file under src is in one, except the entries of the library', () => {
    const outside = files.filter(({ path }) => layerOf(path) < 0).map(({ path }) => path);
    expect(outside).toEqual(ENTRIES);
  });

  it('a folder imports only those above it', () => {
    const wrong: string[] = [];
    for (const { path, imports } of files) {
      for (const { from } of imports.filter((one) => one.from.startsWith('src/'))) {
        const ok = ENTRIES.includes(path)
          ? layerOf(from) < LAYERS.indexOf('cli')
          : layerOf(from) <= layerOf(path);
        if (!ok || from === 'src/index.ts' || from === 'src/sim.ts')
          wrong.push(`${path} imports ${from}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('the two hosts do not import each other, and host/ itself imports neither', () => {
    const wrong: string[] = [];
    for (const { path, imports } of files.filter((file) => file.path.startsWith('src/host/'))) {
      const own = path.match(/^src\/host\/(linux|sim)\//)?.[1];
      for (const { from } of imports) {
        const other = from.match(/^src\/host\/(linux|sim)\//)?.[1];
        if (other !== undefined && other !== own) wrong.push(`${path} imports ${from}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('qemu-loop/sim needs no module of Node, nor koffi', () => {
    const byPath = new Map(files.map((file) => [file.path, file]));
    const reached = new Set(['src/sim.ts']);
    for (const path of reached) {
      const imports = byPath.get(path)?.imports ?? [];
      for (const { from } of imports.filter(({ isType }) => !isType)) reached.add(from);
    }
    const outside = [...reached].filter((from) => !from.startsWith('src/'));
    expect(outside.sort()).toEqual(['yaml', 'zod']);
  });

  it('every import of a file names one that exists', () => {
    const paths = new Set(files.map(({ path }) => path));
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter(({ from }) => from.startsWith('src/') && !paths.has(from))
        .map(({ from }) => `${path}: ${from}`),
    );
    expect(wrong).toEqual([]);
  });
});
