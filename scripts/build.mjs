// Builds dist/: the command and the library by esbuild, V8's code for their start, and the library's .d.ts files.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { writeBundles } from './build/bundles.mjs';
import { writeCommonJs } from './build/common-js.mjs';
import { writeDeclarations } from './build/declarations.mjs';
import { inputsDigest, isBuilt, STAMP } from './build/inputs.mjs';
import { writeLicences } from './build/licences.mjs';
import { playLibrary } from './build/play-library.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const parts = join(root, 'scripts', 'build');
const dist = join(root, 'dist');
if (process.argv.includes('--if-changed') && isBuilt(root, dist)) process.exit();

// Built next to it and then renamed, so that runs of the old one are not disturbed.
const fresh = join(root, `dist-${process.pid}`);
const old = `${fresh}-old`;
const maps = process.argv.includes('--maps');
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

/** Keeps V8's code of the bundles, as runs of the command leave it. */
function keepCode() {
  for (const args of [
    ['--', '/bin/true'],
    ['run', join(root, 'scenarios', 'lost-child.yaml')],
  ]) {
    execFileSync(process.execPath, [join(parts, 'code-cache.cjs'), fresh, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }
  execFileSync(process.execPath, [join(parts, 'core-cache.cjs'), fresh]);
}

try {
  const inputs = inputsDigest(root);
  const results = await writeBundles(root, fresh, maps);
  writeCommonJs(fresh, join(parts, 'core.cjs'));
  // Compiled where it runs: it is linked against the user's QEMU.
  cpSync(join(root, 'src/scenario/qemu/driver'), join(fresh, 'qemu-driver'), { recursive: true });
  for (const name of ['qemu-loop.cjs', 'scenario-worker.cjs']) {
    copyFileSync(join(parts, 'start.cjs'), join(fresh, name));
  }
  chmodSync(join(fresh, 'qemu-loop.cjs'), 0o755);
  writeFileSync(join(fresh, 'play-library.json'), await playLibrary(root, fresh));
  for (const name of PACKED) pack(join(fresh, name));
  keepCode();
  writeLicences(root, fresh, results);
  writeDeclarations(root, fresh);
  if (!maps) writeFileSync(join(fresh, STAMP), inputs);
  replaceDist();
} finally {
  tidy();
}
