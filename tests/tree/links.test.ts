/** Links between documents lead somewhere. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { list, ROOT, read } from './files.ts';

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...list('docs', '.md'),
  ...list('tests', '.md'),
];

/** As a reader of Markdown makes an anchor of a heading. */
function anchorsOf(path: string): string[] {
  return [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}

function isDead(from: string, link: string): boolean {
  const [file, anchor] = link.split('#') as [string, string?];
  const to = file === '' ? from : join(dirname(from), file);
  if (!existsSync(join(ROOT, to))) return true;
  return anchor !== undefined && !anchorsOf(to).includes(anchor);
}

it.each(documents)('%s has no dead link', (path) => {
  const links = [...read(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  const own = links.filter((link) => !/^\w+:/.test(link));
  expect(own.filter((link) => isDead(path, link))).toEqual([]);
});

it.each(documents)('%s names only files that are there', (path) => {
  const named = [
    ...read(path).matchAll(/`((?:src|tests|docs|scripts|bench|examples)\/[^`\s*<]*)`/g),
  ]
    .map(([, name]) => name!)
    // QEMU's own tree has a tests/ too.
    .filter((name) => !name.startsWith('tests/unit/'));
  expect(named.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
});
