/**
 * The sources as modules that Node loads itself. Vitest's own loader transforms each of them in each
 * run, which takes some seconds, and reads each imported name through a getter, which is a fifth of
 * the processor time of whatever computes much.
 */

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { Plugin } from 'vitest/config';

const root = join(import.meta.dirname, '..', '..');
const src = join(root, 'src');

/** As in the build (scripts/build/bundles.mjs): the one for Node asks process.env for each token. */
export const YAML = fileURLToPath(import.meta.resolve('yaml')).replace(
  /dist.index\.js$/,
  'browser/dist/index.js',
);

/** The import at the end of a statement that esbuild has printed, or a dynamic one. */
const IMPORTS = /^((?:import|export|\})[^"\n]*|.*\bimport\()"([^"\n]+)"/gm;

function specifier(name: string): string {
  if (name.startsWith('.')) return name.replace(/\.ts$/, '.mjs');
  if (name.startsWith('node:')) return name;
  return name === 'yaml' ? pathToFileURL(YAML).href : import.meta.resolve(name);
}

/** Makes JavaScript of all sources, in a folder of the same shape. */
async function makeSources(dir: string): Promise<void> {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' });
  const paths = files.filter((file) => file.endsWith('.ts')).map((file) => join(src, file));
  const { outputFiles } = await build({
    entryPoints: paths,
    outdir: dir,
    outbase: src,
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    write: false,
  });
  for (const { path, text } of outputFiles) {
    const url = pathToFileURL(join(src, relative(dir, path)).replace(/\.mjs$/, '.ts')).href;
    const code = text
      .replace(IMPORTS, (_, before, name) => `${before}${JSON.stringify(specifier(name))}`)
      .replaceAll('import.meta.url', JSON.stringify(url));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
}

/** Takes them for the sources that tests import; `vitest --watch` loads the sources themselves. */
export function nativeSources(): Plugin {
  let dir: string | null = null;
  return {
    name: 'native-sources',
    enforce: 'pre',
    async configureVitest({ vitest }) {
      if (vitest.config.watch) return;
      const made = mkdtempSync(join(tmpdir(), 'qemu-loop-sources-'));
      vitest.onClose(() => rmSync(made, { recursive: true }));
      await makeSources(made);
      dir = made;
    },
    resolveId(source, importer) {
      if (dir === null || importer === undefined || !/^\.{1,2}\/.*\.ts$/.test(source)) return null;
      const path = relative(src, join(dirname(importer), source));
      if (path.startsWith('..')) return null;
      return { id: join(dir, path).replace(/\.ts$/, '.mjs'), external: true };
    },
  };
}
