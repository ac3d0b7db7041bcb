/** Links between documents lead somewhere. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { list, ROOT, read } from './files.ts';

const documents = ['README.md', ...list('docs', '.md'), ...list('tests', '.md')];

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
