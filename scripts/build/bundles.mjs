// The bundles of dist: the command's, the pages', and the library as ES modules. koffi stays outside, since
// it carries a native binary.
import { join } from 'node:path';
import { build } from 'esbuild';
import { apart, directKoffi, fastCheckApart, oneLanguage, startFast } from './plugins.mjs';

const common = (root, outdir, maps) => ({
  absWorkingDir: root,
  outdir,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  external: ['koffi'],
  // The one for Node asks process.env for each token of a file, which takes longer than the token.
  alias: { yaml: join(root, 'node_modules/yaml/browser/dist/index.js') },
  sourcemap: maps ? 'inline' : false,
  logLevel: 'warning',
  // src/trace/traceable.ts; folded into the code, so that the hot paths do not test it.
  define: { QEMU_LOOP_TRACEABLE: 'true' },
  minifySyntax: true,
  metafile: true,
});

/**
 * The command and what it loads are CommonJS: Node's loader of ESM takes 5 ms to
 * begin, and V8's code cache is for scripts.
 */
function commandBundles(shared) {
  const command = {
    ...shared,
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    supported: { 'dynamic-import': false },
    banner: { js: "const __url = require('node:url').pathToFileURL(__filename).href;" },
    define: { ...shared.define, 'import.meta.url': '__url' },
    minifyWhitespace: true,
  };
  const bundle = (name, source, plugins = []) =>
    build({ ...command, entryPoints: { [name]: source }, plugins });
  return [
    bundle('command', 'src/cli/main.ts', [
      apart('json-log', 'play-command', 'report-command', 'scenarios', 'spawn-watch'),
      startFast,
      directKoffi,
    ]),
    bundle('qemu-host', 'src/cli/qemu/qemu-host.ts'),
    bundle('json-log', 'src/cli/log/json-log.ts'),
    bundle('spawn-watch', 'src/cli/spawn/spawn-watch.ts', [directKoffi]),
    bundle('run-watch', 'src/cli/run/run-watch.ts', [directKoffi]),
    bundle('report-command', 'src/cli/report/report-command.ts', [directKoffi]),
    bundle('scenarios', 'src/cli/scenarios.ts', [
      apart('json-log', 'qemu-host', 'report-command', 'run-watch'),
      fastCheckApart,
      directKoffi,
      oneLanguage,
    ]),
    bundle('fast-check', 'fast-check'),
    bundle('play-command', 'src/cli/play/play-command.ts', [directKoffi]),
  ];
}

/** Scripts and style sheets, which the playground's page and the report take in. */
function pageBundles(shared) {
  const page = {
    ...shared,
    platform: 'browser',
    target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
    format: 'iife',
    external: [],
    // A page starts no thread, so nothing asks for the file that it came from.
    define: { ...shared.define, 'import.meta.url': "''" },
    minify: true,
  };
  const bundle = (name, source, plugins = []) =>
    build({ ...page, entryPoints: { [name]: source }, plugins });
  return [
    bundle('play-page', 'src/cli/play/page/main.ts'),
    bundle('play-page', 'src/cli/play/page/style.css'),
    bundle('play-engine', 'src/cli/play/worker.ts', [oneLanguage]),
    bundle('report-page', 'src/cli/report/page/main.ts'),
    bundle('report-page', 'src/cli/report/page/style.css'),
  ];
}

/** The entries share chunks, so each class is there once. */
function libraryBundle(shared) {
  return build({
    ...shared,
    entryPoints: {
      index: 'src/index.ts',
      scenario: 'src/scenario/index.ts',
      sim: 'src/sim.ts',
      'thread-entry': 'src/thread/thread-entry.ts',
      'iothread-lane': 'src/scenario/run/threads/iothread-lane.ts',
      'plain-lane': 'src/scenario/run/threads/plain-lane.ts',
      'pool-lane': 'src/scenario/run/threads/pool-lane.ts',
      'vcpu-lane': 'src/scenario/run/threads/vcpu-lane.ts',
    },
    splitting: true,
    chunkNames: 'chunk-[hash]',
    plugins: [oneLanguage],
  });
}

/**
 * @param maps whether each bundle has its source map
 * @returns esbuild's results, each with its metafile
 */
export function writeBundles(root, outdir, maps) {
  const shared = common(root, outdir, maps);
  return Promise.all([...commandBundles(shared), ...pageBundles(shared), libraryBundle(shared)]);
}
