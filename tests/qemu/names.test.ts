/** The names of docs/qemu-map.md in the sources of QEMU_BUILD's tree, if it is a 7.2 or an 11. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mapRows } from '../tree/map-rows.ts';

const build = process.env.QEMU_BUILD;
const FOLDERS = [
  'util',
  'include',
  'system',
  'softmmu',
  'block',
  'io',
  'accel',
  'qapi',
  'linux-user',
];
const NAMES_MS = 60_000;

const version =
  build === undefined ? '' : readFileSync(join(build, '..', 'VERSION'), 'utf8').trim();
const major = Number.parseInt(version, 10);

it('the names of the map are in QEMU’s sources', { timeout: NAMES_MS }, ({ skip }) => {
  skip(build === undefined, 'QEMU_BUILD is not set: see docs/qemu-tree.md');
  skip(major !== 7 && major !== 11, `QEMU ${version} is between the columns of the map`);
  const words = wordsIn(join(build!, '..'));
  const has = (name: string) => words.has(name.replace(/^\w+->/, ''));
  const wrong = mapRows().filter(({ qemu, eleven }) => {
    const isEarlier = eleven.includes('before 7.2');
    if (major === 7) return has(qemu) === isEarlier;
    const later = /^`([^`]+)`/.exec(eleven)?.[1];
    if (later !== undefined) return !has(later);
    return has(qemu) === eleven.startsWith('gone');
  });
  expect(wrong).toEqual([]);
});

/** All words of the C sources and QAPI's, without those of Windows. */
function wordsIn(tree: string): Set<string> {
  const words = new Set<string>();
  const add = (path: string): void => {
    if (!/(?<!win32)\.([ch]|inc|json)$/.test(path)) return;
    for (const [word] of readFileSync(path, 'utf8').matchAll(/\w+/g)) words.add(word);
  };
  const walk = (folder: string): void => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) walk(path);
      else add(path);
    }
  };
  for (const folder of FOLDERS.map((name) => join(tree, name))) {
    if (existsSync(folder)) walk(folder);
  }
  for (const name of readdirSync(tree)) add(join(tree, name));
  return words;
}
