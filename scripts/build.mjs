// Builds dist/: the command and the library as one ESM bundle each, and the
// library's .d.ts files. koffi stays outside, since it carries a native binary.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
// Built beside it and put in its place, so that whoever runs the old one is not disturbed.
const fresh = join(root, `dist-${process.pid}`);
const old = `${fresh}-old`;

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  external: ['koffi'],
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
};

/** Imports of files that have bundles of their own, which stand beside whoever loads them. */
const apart = (...names) => ({
  name: 'apart',
  setup(on) {
    on.onResolve({ filter: new RegExp(`/(${names.join('|')})\\.ts$`) }, ({ path }) => ({
      path: `./${path.split('/').at(-1).replace('.ts', '.js')}`,
      external: true,
    }));
  },
});

/**
 * The command must start fast. So pino, the report and the scenarios have bundles of their own,
 * loaded only where they are wanted; koffi comes by require, in half the time that import takes; and
 * commander does not bring node:child_process, which it needs only for
 * subcommands that are programs of their own.
 */
const startFast = {
  name: 'start-fast',
  setup(on) {
    on.onResolve({ filter: /^koffi$/ }, ({ kind }) =>
      kind === 'require-call'
        ? { path: 'koffi', external: true }
        : { path: 'koffi', namespace: 'by-require' },
    );
    on.onLoad({ filter: /.*/, namespace: 'by-require' }, () => ({
      contents: "export default require('koffi');",
    }));
    on.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('commander') ? { path: 'child_process', namespace: 'unused' } : undefined,
    );
    on.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'module.exports = {};' }));
  },
};

// Bundled CommonJS packages (commander, pino) still call require.
const js =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

const command = {
  ...common,
  outdir: fresh,
  banner: { js },
  minifySyntax: true,
  minifyWhitespace: true,
};

/** The report's page: a script and a style sheet, which the report takes in. */
const page = {
  ...common,
  outdir: fresh,
  platform: 'browser',
  target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
  format: 'iife',
  external: [],
  minify: true,
  sourcemap: false,
};

function declarations() {
  const typescript = createRequire(import.meta.url).resolve('typescript/package.json');
  const tsc = join(dirname(typescript), 'bin', 'tsc');
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', join(fresh, 'types')];
  execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
}

try {
  await Promise.all([
    build({
      ...command,
      entryPoints: { 'qemu-loop': 'src/cli/main.ts' },
      plugins: [apart('json-log', 'report-command', 'scenario-main', 'watch'), startFast],
    }),
    build({ ...command, entryPoints: { 'json-log': 'src/cli/json-log.ts' } }),
    build({ ...command, entryPoints: { watch: 'src/cli/watch/watch.ts' } }),
    build({ ...command, entryPoints: { 'run-watch': 'src/cli/watch/run-watch.ts' } }),
    build({
      ...command,
      entryPoints: { 'report-command': 'src/cli/report/report-command.ts' },
    }),
    build({
      ...command,
      entryPoints: {
        'scenario-main': 'src/cli/scenario-main.ts',
        'scenario-worker': 'src/cli/scenario-worker.ts',
      },
      plugins: [apart('report-command', 'run-watch')],
    }),
    build({ ...page, entryPoints: { 'report-page': 'src/cli/report/page/main.ts' } }),
    build({ ...page, entryPoints: { 'report-page': 'src/cli/report/page/style.css' } }),
    build({
      ...common,
      entryPoints: { index: 'src/index.ts', scenario: 'src/scenario/index.ts' },
      splitting: true,
      chunkNames: 'chunk-[hash]',
      outdir: fresh,
      packages: 'external',
    }),
  ]);
  chmodSync(join(fresh, 'qemu-loop.js'), 0o755);
  declarations();
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
} finally {
  for (const dir of [fresh, old]) rmSync(dir, { recursive: true, force: true });
}
