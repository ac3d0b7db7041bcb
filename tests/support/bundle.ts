/** Bundles a TypeScript file into a program. */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

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

/**
 * A program that looks for files beside it finds those of the command.
 * @param file in tests
 */
function besideCommand(file: string): string {
  const root = file.slice(0, file.lastIndexOf('/tests/'));
  return pathToFileURL(join(root, 'dist', 'bundle.cjs')).href;
}

/** As CommonJS, which Node loads without its thread pool: a test can tell when that starts. */
export async function bundle(file: string, outfile: string): Promise<string> {
  await build({
    entryPoints: [file],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
    plugins: [koffiByPath],
    define: { 'import.meta.url': JSON.stringify(besideCommand(file)) },
  });
  return outfile;
}
