// npm run bench -- [SECTION…] [--rounds N] [--json FILE] [--render FILE] [--docs]
// Bundles the benchmark with the code as it stands, and runs it.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname ?? '.', '..');
const out = join(root, 'node_modules', '.cache', 'qemu-loop-bench');
mkdirSync(out, { recursive: true });
const common = {
  absWorkingDir: root,
  outdir: out,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  external: ['koffi'],
  packages: 'external',
  logLevel: 'warning',
  // As the library is built: the define is folded into the code.
  minifySyntax: true,
};
const lit = { ...common, define: { QEMU_LOOP_TRACEABLE: 'true' } };
/** Without the tests for events that src/trace/traceable.ts is part of: no event is ever on. */
const dark = { ...common, define: { QEMU_LOOP_TRACEABLE: 'false' } };

const programs = {
  main: 'bench/main.ts',
  children: 'bench/children-ours.ts',
  'memory-ours': 'bench/memory-ours.ts',
  'pages-ours': 'bench/pages-ours.ts',
  'death-ours': 'bench/death-ours.ts',
  'death-node': 'bench/death-node.ts',
  'node-echo-client': 'bench/node-echo-client.ts',
  'trace-off': 'bench/trace-off.ts',
  'record-work': 'bench/record-work.ts',
  'thread-entry': 'src/thread/thread-entry.ts',
};
await Promise.all([
  build({ ...lit, entryPoints: programs }),
  build({ ...lit, entryPoints: { 'trace-lit': 'bench/trace-work.ts' } }),
  build({ ...dark, entryPoints: { 'trace-dark': 'bench/trace-work.ts' } }),
]);
// Allows thousands of descriptors if the hard limit permits; rows for which it does not say so.
const raised =
  'ulimit -n "$(ulimit -Hn)" 2>/dev/null; QEMU_LOOP_BENCH_FDS=$(ulimit -n); export QEMU_LOOP_BENCH_FDS; exec "$@"';
const program = [process.execPath, '--expose-gc', join(out, 'main.mjs'), ...process.argv.slice(2)];
const { status } = spawnSync('/bin/sh', ['-c', raised, 'sh', ...program], {
  stdio: 'inherit',
  cwd: root,
});
process.exitCode = status ?? 1;
