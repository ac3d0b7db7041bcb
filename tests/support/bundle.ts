/** Bundles TypeScript files into programs. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const tests = join(import.meta.dirname, '..');

/** The bundle is outside the tree, where `koffi` would not be found by name. */
const koffiByPath: Plugin = {
  name: 'koffi-by-path',
  setup: (on) => {
    on.onResolve({ filter: /^koffi$/ }, () => {
      const main = createRequire(import.meta.url).resolve('koffi');
      return { path: main, external: true };
    });
  },
};

/** As CommonJS, which Node loads without its thread pool: a test can tell when that starts. */
const OPTIONS = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  logLevel: 'error',
  plugins: [koffiByPath],
  // A program that looks for files beside it finds those of the command.
  define: {
    'import.meta.url': JSON.stringify(pathToFileURL(join(tests, '../dist/bundle.cjs')).href),
  },
} satisfies BuildOptions;

/** Names the directory of the bundles that are made before all tests. */
export const BUNDLES = 'QEMU_LOOP_TEST_BUNDLES';

/** The bundle of a file that was made before all tests; null if there is none. */
function madeBefore(file: string): string | null {
  const dir = process.env[BUNDLES];
  if (dir === undefined) return null;
  const path = join(dir, relative(tests, resolve(file)).replace(/\.ts$/, '.cjs'));
  return existsSync(path) ? path : null;
}

/** @param file in tests @param outfile the bundle, unless there is one already @returns the path of the bundle */
export async function bundle(file: string, outfile: string): Promise<string> {
  const made = madeBefore(file);
  if (made !== null) return made;
  await build({ ...OPTIONS, entryPoints: [file], outfile });
  return outfile;
}

/** A program exports nothing. */
function isProgram(path: string): boolean {
  if (!path.endsWith('.ts') || path.endsWith('.test.ts')) return false;
  return !/^export /m.test(readFileSync(join(tests, path), 'utf8'));
}

/** Makes the bundles of all programs at once: what several have in common is read only once. */
export async function bundleAll(outdir: string): Promise<void> {
  const programs = readdirSync(tests, { recursive: true, encoding: 'utf8' }).filter(isProgram);
  const entryPoints = programs.map((path) => join(tests, path));
  await build({ ...OPTIONS, entryPoints, outdir, outbase: tests });
}
