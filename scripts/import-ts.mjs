// Lets a script import TypeScript, which Node 20 does not read.
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Bundles a file, named from the root of the tree, and imports it. */
export async function importTs(path) {
  const name = basename(path).replace('.ts', '.mjs');
  // In node_modules, so that it finds the packages that it imports.
  const outfile = join(root, 'node_modules', '.cache', 'qemu-loop-scripts', name);
  await build({
    absWorkingDir: root,
    entryPoints: [path],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    define: { 'import.meta.dirname': JSON.stringify(join(root, dirname(path))) },
    logLevel: 'warning',
  });
  return import(pathToFileURL(outfile).href);
}
