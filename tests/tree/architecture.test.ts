import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { list, ROOT, read } from './files.ts';

const text = read('docs/architecture.md');

/** Folders with files of ours. */
const folders = [
  ...new Set([...list('src', '.ts'), ...list('src', '.c')].map((path) => dirname(path))),
].filter((path) => path !== 'src');

/** A folder may be named from its parent on: `run/reporters`. */
function isNamed(folder: string): boolean {
  const parts = folder.split('/');
  return [folder, parts.slice(-2).join('/')].some((name) => text.includes(`\`${name}\``));
}

it('docs/architecture.md names every folder of src', () => {
  expect(folders.length).toBeGreaterThan(30);
  expect(folders.filter((folder) => !isNamed(folder))).toEqual([]);
});

it('every place in src that it names is there', () => {
  const named = [...text.matchAll(/`(src\/[\w/.-]*\w)\/?`/g)].map(([, path]) => path!);
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
