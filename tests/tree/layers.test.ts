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
  'scenario',
  'cli',
];
const files = sources('src');

function layerOf(path: string): number {
  return LAYERS.indexOf(path.split('/')[1]!);
}

describe('layers', () => {
  it('every file under src is in one, except index.ts', () => {
    const outside = files.filter(({ path }) => layerOf(path) < 0).map(({ path }) => path);
    expect(outside).toEqual(['src/index.ts']);
  });

  it('a folder imports only those above it', () => {
    const wrong: string[] = [];
    for (const { path, imports } of files) {
      for (const { from } of imports.filter((one) => one.from.startsWith('src/'))) {
        const ok =
          path === 'src/index.ts'
            ? layerOf(from) < LAYERS.indexOf('cli')
            : layerOf(from) <= layerOf(path);
        if (!ok || from === 'src/index.ts') wrong.push(`${path} imports ${from}`);
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
