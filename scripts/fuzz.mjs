// npm run fuzz -- NAME [--seed N] [--count N] [--path P]: runs one generator of tests/fuzz/generators
// in a process of its own, so that a crash or a hang is reported with its input.
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, 'tests', 'fuzz', 'generators');
const names = readdirSync(folder).map((file) => basename(file, '.ts'));
/** No input may take longer than this. */
const HANG_MS = 10_000;
/** How often a long run tells how far it has come. */
const PROGRESS_MS = 60_000;

const { name, seed, count, path } = options();
const work = mkdtempSync(join(tmpdir(), 'qemu-loop-fuzz-'));
const tidy = () => rmSync(work, { recursive: true, force: true });
let child;
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    child?.kill('SIGKILL');
    tidy();
    process.kill(process.pid, signal);
  });
}
try {
  process.exitCode = await run();
} finally {
  tidy();
}

function options() {
  const number = { type: 'string' };
  const usage = `npm run fuzz -- NAME [--seed N] [--count N] [--path P]\nNAME is one of ${names.join(', ')}`;
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { seed: number, count: number, path: number },
    });
    const given = { seed: '1', count: '100000', ...values };
    const bad = Object.entries(given).find(([key, text]) => key !== 'path' && !/^\d+$/.test(text));
    if (bad !== undefined) throw new Error(`--${bad[0]} takes a whole number, not ${bad[1]}`);
    if (positionals.length !== 1 || !names.includes(positionals[0]))
      throw new Error('name one generator');
    return {
      name: positionals[0],
      seed: Number(given.seed),
      count: Number(given.count),
      path: given.path,
    };
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    process.exit(2);
  }
}

async function run() {
  // The threads of some generators are programs of it.
  execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs'), '--if-changed']);
  // The bundle finds its packages as if it were in the tree.
  symlinkSync(join(root, 'node_modules'), join(work, 'node_modules'));
  const program = join(work, 'fuzz.mjs');
  await build({
    stdin: { contents: source(), resolveDir: root, loader: 'ts' },
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile: program,
    define: {
      'import.meta.dirname': JSON.stringify(folder),
      // Programs of threads are looked for beside it.
      'import.meta.url': JSON.stringify(pathToFileURL(join(root, 'dist', 'bundle.js')).href),
    },
    logLevel: 'warning',
  });
  const kept = join(work, 'input');
  closeSync(openSync(kept, 'w'));
  child = spawn(process.execPath, ['--enable-source-maps', program, kept], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const watch = watchFor(kept, child);
  const [code, signal] = await new Promise((resolve) => {
    child.on('exit', (...how) => resolve(how));
  });
  clearInterval(watch.timer);
  if (signal === null) return code;
  const { n, text } = read(kept);
  const what = watch.hung ? `took more than ${HANG_MS / 1000} s` : `ended the process by ${signal}`;
  console.error(`fuzz ${name}: input ${n} of seed ${seed} ${what}:\n${text}`);
  console.error(`again: npm run fuzz -- ${name} --seed ${seed} --count ${n}`);
  return 1;
}

function source() {
  return `
    import { openSync } from 'node:fs';
    import generator from './tests/fuzz/generators/${name}.ts';
    import { fuzz } from './tests/fuzz/run.ts';
    const keepIn = openSync(process.argv[2], 'r+');
    const started = Date.now();
    const options = ${JSON.stringify({ name, seed, count, path })};
    const failure = await fuzz(generator, { ...options, keepIn });
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    console.log(failure ?? 'fuzz ${name}: ${count} inputs of seed ${seed} held, in ' + seconds + ' s');
    process.exit(failure === null ? 0 : 1);
  `;
}

/** Ends the process if one input takes too long. */
function watchFor(kept, child) {
  const watch = { hung: false, timer: undefined };
  let last = 0;
  let since = Date.now();
  let told = since;
  watch.timer = setInterval(() => {
    const { n } = read(kept);
    if (Date.now() - told > PROGRESS_MS) {
      told = Date.now();
      console.error(`fuzz ${name}: at input ${n} of ${count}`);
    }
    if (n !== last) {
      last = n;
      since = Date.now();
    } else if (n > 0 && Date.now() - since > HANG_MS) {
      watch.hung = true;
      child.kill('SIGKILL');
    }
  }, 500);
  return watch;
}

function read(kept) {
  const bytes = readFileSync(kept);
  if (bytes.length < 16) return { n: 0, text: '' };
  const length = bytes.readDoubleLE(8);
  return { n: bytes.readDoubleLE(0), text: bytes.toString('utf8', 16, 16 + length) };
}
