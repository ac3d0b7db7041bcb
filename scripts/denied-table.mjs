// node scripts/denied-table.mjs: prints how the command ends without a system call, for each call of
// tests/support/denied.ts and each errno, as a table in Markdown. Takes some minutes.
import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const work = mkdtempSync(join(root, 'dist-table-'));
try {
  const outfile = join(work, 'denied.mjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['tests/support/denied.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    define: { 'import.meta.dirname': JSON.stringify(join(root, 'tests', 'support')) },
  });
  await print(await import(pathToFileURL(outfile)));
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function print({ cellOf, DENIED, ERRNOS, runDenied }) {
  console.log(`| without | ${ERRNOS.join(' | ')} |\n|---${'|---'.repeat(ERRNOS.length)}|`);
  for (const denied of DENIED) {
    const cells = [];
    for (const errno of ERRNOS) {
      cells.push(cellOf(denied, errno, await runDenied(denied.calls, errno, [])));
    }
    console.log(`| ${denied.calls} | ${cells.join(' | ')} |`);
  }
}
