// The library's .d.ts files: without those that no entry reaches, and for both kinds of modules.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const ENTRIES = ['index.d.ts', 'scenario/index.d.ts', 'sim.d.ts'];

/** @param built gets the folders types and cjs/types */
export function writeDeclarations(root, built) {
  const types = join(built, 'types');
  const typescript = createRequire(import.meta.url).resolve('typescript/package.json');
  const tsc = join(dirname(typescript), 'bin', 'tsc');
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', types];
  execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const reached = new Set(ENTRIES);
  for (const file of reached) {
    const text = readFileSync(join(types, file), 'utf8');
    for (const [, from] of text.matchAll(/(?:from |import\()['"](\.[^'"]+)\.[jt]s['"]/g)) {
      reached.add(`${join(dirname(file), from)}.d.ts`);
    }
    const copy = join(built, 'cjs', 'types', file);
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, text);
  }
  for (const file of readdirSync(types, { recursive: true })) {
    if (file.endsWith('.d.ts') && !reached.has(file)) rmSync(join(types, file));
  }
}
