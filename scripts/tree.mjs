// node scripts/tree.mjs [DIR]: the folders below DIR (src), with their files and lines, and the folders
// that each imports from. Types count too. An arrow between two folders that import each other has a *.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const root = process.argv[2] ?? 'src';
const folders = new Map();
for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
  const folder = relative(root, entry.parentPath) || '.';
  const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
  const about = folders.get(folder) ?? { files: 0, lines: 0, from: new Map() };
  folders.set(folder, about);
  about.files++;
  about.lines += text.split('\n').length - 1;
  for (const [, path] of text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
    const other = relative(root, dirname(join(entry.parentPath, path))) || '.';
    if (other !== folder) about.from.set(other, (about.from.get(other) ?? 0) + 1);
  }
}

const width = Math.max(...[...folders.keys()].map((name) => name.length));
const total = { files: 0, lines: 0, arrows: 0, both: 0 };
for (const [name, { files, lines, from }] of [...folders].sort(([a], [b]) => (a < b ? -1 : 1))) {
  total.files += files;
  total.lines += lines;
  total.arrows += from.size;
  const arrows = [...from.keys()].sort().map((other) => {
    const isBoth = folders.get(other)?.from.has(name) ?? false;
    if (isBoth) total.both++;
    return isBoth ? `${other}*` : other;
  });
  const counts = `${String(files).padStart(4)} files ${String(lines).padStart(6)} lines`;
  console.log(
    `${name.padEnd(width)} ${counts}  ${arrows.length > 0 ? `→ ${arrows.join(' ')}` : ''}`,
  );
}
const { files, lines, arrows, both } = total;
console.log(
  `${folders.size} folders, ${files} files, ${lines} lines, ${arrows} arrows, ${both / 2} of them both ways`,
);
