import { expect, it } from 'vitest';
import { list, read } from './files.ts';

/** In pieces, so that this file does not name what it looks for. */
const HOSTS = [
  'registry.npm' + 'js.org',
  'registry.yarn' + 'pkg.com',
  'npm.pkg.' + 'github.com',
  'artifact' + 'ory',
];

it('no file names the host of a package registry', () => {
  const folders = ['src', 'tests', 'docs', 'scripts', 'scenarios', 'bench'];
  const texts = ['.ts', '.mjs', '.js', '.json', '.md', '.yaml', '.yml'];
  const files = folders.flatMap((folder) => {
    try {
      return texts.flatMap((ending) => list(folder, ending));
    } catch {
      // A folder that is not there yet.
      return [];
    }
  });
  expect(files.length).toBeGreaterThan(0);
  const top = ['package.json', 'package-lock.json', 'tsconfig.json', 'biome.json'];
  const wrong = [...files, ...top].filter((path) => {
    const text = read(path);
    return HOSTS.some((host) => text.includes(host)) || /"resolved":\s*"http/.test(text);
  });
  expect(wrong).toEqual([]);
});
