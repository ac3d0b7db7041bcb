// Builds dist/: the command as CommonJS bundles with V8's code for its start, the
// library as ESM, and the library's .d.ts files. koffi stays outside, since it
// carries a native binary.
import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { parse } from 'yaml';
import { inputsDigest, isBuilt, STAMP } from './build-inputs.mjs';
import { writeCommonJs } from './common-js.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
if (process.argv.includes('--if-changed') && isBuilt(root, dist)) process.exit();

// Built next to it and then renamed, so that runs of the old one are not disturbed.
const fresh = join(root, `dist-${process.pid}`);
const old = `${fresh}-old`;
/** The playground's parts: read only when a page is made. */
const PACKED = ['play-page.js', 'play-page.css', 'play-engine.js', 'play-library.json'];
const pack = (path) => {
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
  rmSync(path);
};
/** Another build may put its own there at the same time: the last one stands. */
const replaceDist = () => {
  for (;;) {
    try {
      if (existsSync(dist)) renameSync(dist, old);
      renameSync(fresh, dist);
      return;
    } catch (error) {
      if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code) || !existsSync(fresh))
        throw error;
      rmSync(old, { recursive: true, force: true });
    }
  }
};
const tidy = () => {
  for (const dir of [fresh, old]) rmSync(dir, { recursive: true, force: true });
};
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    tidy();
    process.kill(process.pid, signal);
  });
}

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  external: ['koffi'],
  // The one for Node asks process.env for each token of a file, which takes longer than the token.
  alias: { yaml: join(root, 'node_modules/yaml/browser/dist/index.js') },
  sourcemap: process.argv.includes('--maps') ? 'inline' : false,
  logLevel: 'warning',
  // src/trace/traceable.ts; folded into the code, so that the hot paths do not test it.
  define: { QEMU_LOOP_TRACEABLE: 'true' },
  minifySyntax: true,
  metafile: true,
};

/** Imports of files that have bundles of their own, in the same folder as their importers. */
const apart = (...names) => ({
  name: 'apart',
  setup(on) {
    on.onResolve({ filter: new RegExp(`/(${names.join('|')})\\.ts$`) }, ({ path }) => ({
      path: `./${path.split('/').at(-1).replace('.ts', '.cjs')}`,
      external: true,
    }));
  },
});

/** Only `fuzz` needs it, and every run would read it and keep its code. */
const fastCheckApart = {
  name: 'fast-check-apart',
  setup(on) {
    on.onResolve({ filter: /^fast-check$/ }, () => ({ path: './fast-check.cjs', external: true }));
  },
};

/**
 * The command must start fast. So pino, the report and the scenarios have bundles of their own,
 * loaded only where they are wanted; and
 * commander does not bring node:child_process, which it needs only for
 * subcommands that are programs of their own.
 */
const startFast = {
  name: 'start-fast',
  setup(on) {
    on.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('commander') ? { path: 'child_process', namespace: 'unused' } : undefined,
    );
    on.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** koffi's native module is taken directly, and on Linux only. */
const directKoffi = {
  name: 'direct-koffi',
  setup(on) {
    on.onResolve({ filter: /^koffi$/ }, ({ kind }) =>
      kind === 'require-call'
        ? { path: 'koffi', external: true }
        : { path: 'koffi', namespace: 'native-koffi' },
    );
    on.onLoad({ filter: /.*/, namespace: 'native-koffi' }, () => ({ contents: nativeKoffi() }));
  },
};

/**
 * koffi's own JavaScript looks for its native module for 5 ms. Where the one is
 * still there that it finds now, that is taken; else koffi is asked.
 */
function nativeKoffi() {
  const require = createRequire(import.meta.url);
  const { version } = require('koffi');
  const native = Object.keys(require.cache).find((path) => path.endsWith('koffi.node'));
  const path = JSON.stringify(relative(dist, native));
  return `
    function load() {
      try {
        const native = require(__dirname + '/' + ${path});
        if (native.version === ${JSON.stringify(version)}) return native;
      } catch {}
      return require('koffi');
    }
    export default process.platform === 'linux' ? load() : undefined;
  `;
}

/**
 * The command and what it loads are CommonJS: Node's loader of ESM takes 5 ms to
 * begin, and V8's code cache is for scripts.
 */
const command = {
  ...common,
  format: 'cjs',
  outdir: fresh,
  outExtension: { '.js': '.cjs' },
  supported: { 'dynamic-import': false },
  banner: { js: "const __url = require('node:url').pathToFileURL(__filename).href;" },
  define: { ...common.define, 'import.meta.url': '__url' },
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
  // A page starts no thread, so nothing asks for the file that it came from.
  define: { ...common.define, 'import.meta.url': "''" },
  minify: true,
};

/** zod brings its messages in all languages; scenario files have messages of their own. */
const oneLanguage = {
  name: 'one-language',
  setup(on) {
    on.onLoad({ filter: /zod\/v4\/locales\/[\w-]+\.js$/ }, ({ path }) =>
      /\/(en|index)\.js$/.test(path) ? undefined : { contents: 'export default () => ({});' },
    );
  },
};

/** The schema and the scenarios that the playground brings along. */
async function playLibrary() {
  const museum = museumPieces();
  const pieces = museum.map(({ id }) => `scenarios/museum/${id}`);
  const folders = ['scenarios', 'scenarios/why', ...pieces, 'tests/conformance'];
  const stories = folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder))
        .filter((file) => file.endsWith('.yaml'))
        .sort()
        .map((file) => ({
          path: `${folder.replace('tests/', '')}/${file}`,
          text: readFileSync(join(root, folder, file), 'utf8'),
        })),
    );
  const schema = JSON.parse(readFileSync(join(root, 'schema', 'scenario.schema.json'), 'utf8'));
  const list = [join(fresh, 'qemu-loop.cjs'), 'explore', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, list);
  const programs = JSON.parse(stdout);
  return JSON.stringify({ schema, stories, recorded: await recordedStories(), programs, museum });
}

/**
 * The museum's pieces, each as a link within the playground: to its own scenario, to another one without a link of
 * the chain, or to a program of the explorer without a barrier.
 */
function museumPieces() {
  const folder = join(root, 'scenarios', 'museum');
  const link = (id, { program, without, scenario, weakness }) => {
    if (program !== undefined) return `#barrier=${program}.${without}`;
    if (scenario === undefined) return `#story=scenarios/museum/${id}/buggy.yaml`;
    return `#story=${posix.join('scenarios/museum', id, scenario)}&without=${weakness}`;
  };
  return readdirSync(folder).map((id) => {
    const text = readFileSync(join(folder, id, 'about.md'), 'utf8');
    const [, head, title] = /^---\n(.*?)\n---\n# ([^\n]+)/s.exec(text);
    return { id, title, link: link(id, parse(head)) };
  });
}

/**
 * The stories of several threads with their runs on the simulated kernel, which are the same each time: a
 * page has no threads to run them on. The trace is in the report of the run.
 */
async function recordedStories() {
  const folder = 'scenarios/threads';
  const files = readdirSync(join(root, folder)).filter((file) => file.endsWith('.yaml'));
  const pages = mkdtempSync(join(fresh, 'pages-'));
  const recorded = files.sort().map(async (file) => {
    const page = join(pages, `${file}.html`);
    const story = join(root, folder, file);
    const args = [join(fresh, 'qemu-loop.cjs'), 'run', '--host', 'sim', '--report', page, story];
    await promisify(execFile)(process.execPath, args);
    const data = /<script type="application\/json" id="data">(.*?)<\/script>/s;
    const { trace } = JSON.parse(data.exec(readFileSync(page, 'utf8'))[1]);
    const text = readFileSync(story, 'utf8');
    const name = /^name: (.*)$/m.exec(text)[1];
    return { path: `${folder}/${file}`, text, name, trace };
  });
  try {
    return await Promise.all(recorded);
  } finally {
    rmSync(pages, { recursive: true });
  }
}

const DECLARED = ['index.d.ts', 'scenario/index.d.ts', 'sim.d.ts'];

/** The declarations, without those that no entry reaches; for both kinds of modules. */
function declarations() {
  const typescript = createRequire(import.meta.url).resolve('typescript/package.json');
  const tsc = join(dirname(typescript), 'bin', 'tsc');
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', join(fresh, 'types')];
  execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const reached = new Set(DECLARED);
  for (const file of reached) {
    const text = readFileSync(join(fresh, 'types', file), 'utf8');
    for (const [, from] of text.matchAll(/(?:from |import\()['"](\.[^'"]+)\.[jt]s['"]/g)) {
      reached.add(`${join(dirname(file), from)}.d.ts`);
    }
    const copy = join(fresh, 'cjs', 'types', file);
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, text);
  }
  for (const file of readdirSync(join(fresh, 'types'), { recursive: true })) {
    if (file.endsWith('.d.ts') && !reached.has(file)) rmSync(join(fresh, 'types', file));
  }
}

/** The licences of the packages that are bundled, which ask for that. */
function licences(results) {
  const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const names = inputs.flatMap(
    (path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
  );
  const texts = [...new Set(names)].sort().map((name) => {
    const folder = join(root, 'node_modules', name);
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
    return `${name} ${version}\n\n${text}\n`;
  });
  writeFileSync(join(fresh, 'licences.txt'), texts.join(`\n${'-'.repeat(72)}\n\n`));
}

/** Keeps V8's code of the bundles, as runs of the command leave it. */
function keepCode() {
  for (const args of [
    ['--', '/bin/true'],
    ['run', join(root, 'scenarios', 'lost-child.yaml')],
  ]) {
    execFileSync(process.execPath, [join(root, 'scripts', 'code-cache.cjs'), fresh, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }
  execFileSync(process.execPath, [join(root, 'scripts', 'core-cache.cjs'), fresh]);
}

try {
  const inputs = inputsDigest(root);
  const results = await Promise.all([
    build({
      ...command,
      entryPoints: { command: 'src/cli/main.ts' },
      plugins: [
        apart('json-log', 'play-command', 'report-command', 'scenarios', 'spawn-watch'),
        startFast,
        directKoffi,
      ],
    }),
    build({ ...command, entryPoints: { 'qemu-host': 'src/cli/qemu/qemu-host.ts' } }),
    build({ ...command, entryPoints: { 'json-log': 'src/cli/log/json-log.ts' } }),
    build({
      ...command,
      entryPoints: { 'spawn-watch': 'src/cli/spawn/spawn-watch.ts' },
      plugins: [directKoffi],
    }),
    build({
      ...command,
      entryPoints: { 'run-watch': 'src/cli/run/run-watch.ts' },
      plugins: [directKoffi],
    }),
    build({
      ...command,
      entryPoints: { 'report-command': 'src/cli/report/report-command.ts' },
      plugins: [directKoffi],
    }),
    build({
      ...command,
      entryPoints: { scenarios: 'src/cli/scenarios.ts' },
      plugins: [
        apart('json-log', 'qemu-host', 'report-command', 'run-watch'),
        fastCheckApart,
        directKoffi,
        oneLanguage,
      ],
    }),
    build({ ...command, entryPoints: { 'fast-check': 'fast-check' } }),
    build({
      ...command,
      entryPoints: { 'play-command': 'src/cli/play/play-command.ts' },
      plugins: [directKoffi],
    }),
    build({ ...page, entryPoints: { 'play-page': 'src/cli/play/page/main.ts' } }),
    build({ ...page, entryPoints: { 'play-page': 'src/cli/play/page/style.css' } }),
    build({
      ...page,
      entryPoints: { 'play-engine': 'src/cli/play/worker.ts' },
      plugins: [oneLanguage],
    }),
    build({ ...page, entryPoints: { 'report-page': 'src/cli/report/page/main.ts' } }),
    build({ ...page, entryPoints: { 'report-page': 'src/cli/report/page/style.css' } }),
    build({
      ...common,
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
      outdir: fresh,
      plugins: [oneLanguage],
    }),
  ]);
  writeCommonJs(fresh, join(root, 'scripts'));
  // Compiled where it runs: it is linked against the user's QEMU.
  cpSync(join(root, 'src/scenario/qemu/driver'), join(fresh, 'qemu-driver'), { recursive: true });
  for (const name of ['qemu-loop.cjs', 'scenario-worker.cjs']) {
    copyFileSync(join(root, 'scripts', 'start.cjs'), join(fresh, name));
  }
  chmodSync(join(fresh, 'qemu-loop.cjs'), 0o755);
  writeFileSync(join(fresh, 'play-library.json'), await playLibrary());
  for (const name of PACKED) pack(join(fresh, name));
  keepCode();
  licences(results);
  declarations();
  if (!common.sourcemap) writeFileSync(join(fresh, STAMP), inputs);
  replaceDist();
} finally {
  tidy();
}
