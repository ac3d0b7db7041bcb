/** `./qemu-loop`, the command of a clone. */

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { Running, root } from '../support/run.ts';
import { terminalOf, testDirectory } from '../support/terminal.ts';

const script = join(root, 'qemu-loop');

const LAST_OF_NPM = '.package-lock.json';

/** A clone whose command prints its arguments, and whose build prints that it ran. */
function clone(...parts: ('node_modules' | 'dist')[]): string {
  const dir = testDirectory();
  const says = "console.log('ran', process.argv.slice(2))";
  const builds = `const fs = require('node:fs'); console.log('built'); fs.mkdirSync('${dir}/dist');
    fs.writeFileSync('${dir}/dist/qemu-loop.cjs', "${says}");`;
  mkdirSync(join(dir, 'scripts'));
  copyFileSync(script, join(dir, 'qemu-loop'));
  writeFileSync(
    join(dir, 'scripts', 'build.mjs'),
    `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); ${builds}`,
  );
  for (const part of parts) mkdirSync(join(dir, part));
  if (parts.includes('node_modules')) writeFileSync(join(dir, 'node_modules', LAST_OF_NPM), '');
  if (parts.includes('dist')) writeFileSync(join(dir, 'dist', 'qemu-loop.cjs'), says);
  return join(dir, 'qemu-loop');
}

test('through a link, from another folder, with arguments as they are', () => {
  const link = join(testDirectory(), 'ql');
  symlinkSync(script, link);
  const args = ['-q', '--', 'sh', '-c', 'pwd; printf "<%s>" "$@"; exit 7', 'sh', 'a b', '', '*'];
  const { status, stdout, stderr } = spawnSync(link, args, { cwd: tmpdir(), encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({
    status: 7,
    stdout: `${tmpdir()}\n<a b><><*>`,
    stderr: '',
  });
});

test('it becomes qemu-loop, which gets the signals and the terminal', async () => {
  const running = new Running(script, ['-q', '--spawn', 'echo $PPID; exec sleep 1000']);
  const [, pid] = await running.until(/(\d+)\n/);
  expect(Number(pid)).toBe(running.pid);
  running.kill('SIGTERM');
  expect((await running.end()).status).toBe(143);

  const terminal = terminalOf(script, ['-q', '--', 'sh', '-c', 'echo ready; read x']);
  await terminal.untilOutput(/ready/);
  terminal.keys('C-c');
  expect(await terminal.end()).toMatchObject({ status: null, signal: 'SIGINT' });
});

test('if nothing has been built, it builds first, and says so only on stderr', () => {
  const path = clone('node_modules');
  const { status, stdout, stderr } = spawnSync(path, ['a b'], { encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({
    status: 0,
    stdout: "ran [ 'a b' ]\n",
    stderr: `qemu-loop: building ${dirname(path)}/dist first, which takes some seconds\nbuilt\n`,
  });
});

test('if it is built, it builds nothing', () => {
  const { stdout, stderr } = spawnSync(clone('node_modules', 'dist'), { encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: 'ran []\n', stderr: '' });
});

test.each(['missing', 'half made'])('if the packages are %s, one line says what to do', (how) => {
  const path = clone();
  const modules = join(dirname(path), 'node_modules');
  // A package, and not the list that npm writes last.
  if (how === 'half made') mkdirSync(join(modules, 'esbuild'), { recursive: true });
  const { status, stdout, stderr } = spawnSync(path, { encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({
    status: 125,
    stdout: '',
    stderr: `qemu-loop: ${modules} is missing or half made: run npm ci there first\n`,
  });
});

test('a build that Ctrl-C ends is no failure of it', () => {
  const path = clone('node_modules');
  writeFileSync(join(dirname(path), 'scripts', 'build.mjs'), "process.kill(process.pid, 'SIGINT')");
  const { status, stderr } = spawnSync(path, { encoding: 'utf8' });
  expect(status).toBe(130);
  expect(stderr).toMatch(/^qemu-loop: building .*\n$/);
});

test('if koffi is missing, one line says so, and what to do', () => {
  const dist = join(testDirectory(), 'dist');
  mkdirSync(dist);
  for (const name of ['qemu-loop.cjs', 'command.cjs', 'command.cache']) {
    copyFileSync(join(root, 'dist', name), join(dist, name));
  }
  const args = [join(dist, 'qemu-loop.cjs'), '-q', '--', 'true'];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(status).toBe(125);
  expect(stderr).toMatch(/^qemu-loop: its package koffi cannot be loaded: .*: run npm ci .*\n$/);
});
