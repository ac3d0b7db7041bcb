import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { root } from '../support/run.ts';

/** The work of the trace section as bench/run.mjs bundles it, without comments. */
async function bundled(traceable: boolean): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [join('bench', 'trace-work.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    define: { QEMU_LOOP_TRACEABLE: String(traceable) },
    minifySyntax: true,
    minifyWhitespace: true,
    write: false,
  });
  return outputFiles[0]!.text;
}

test('a define leaves the tests for events in, or takes them out; nothing else is left of it', async () => {
  const [lit, dark] = [await bundled(true), await bundled(false)];
  const tests = /\btrace\.active\b/g;
  expect(lit.match(tests)).not.toBeNull();
  expect(dark.match(tests)).toBeNull();
  expect(lit + dark).not.toContain('TRACEABLE');
});
