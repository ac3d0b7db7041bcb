import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fifo } from '../../support/fifo.ts';
import { fullPipe } from '../../support/full-pipe.ts';
import { run, shell, start, untilTrue } from '../../support/run.ts';
import { testDirectory } from '../../support/terminal.ts';

const CHILD = 'trap "echo got" HUP; echo ready; while :; do sleep 0.02; done';

/** Answers at once: a shell first waits for the end of its sleep. */
const QUICK_CHILD =
  "process.on('SIGHUP', () => console.log('got')); setInterval(() => {}, 1e6); console.log('ready');";

test('--log-file that is moved away goes on in a new one of its name', async () => {
  const path = join(testDirectory(), 'log');
  const running = start(['--log-file', path, '--spawn', CHILD]);
  await running.until(/ready/);
  // The text in the log when the loop goes to sleep.
  await untilTrue(() => /posix_spawn .*\n/.test(readFileSync(path, 'utf8')));
  renameSync(path, `${path}.1`);
  running.kill('SIGHUP');
  await running.until(/got/);
  const isLogged = /SIGHUP to 1 child\n/;
  await untilTrue(() => existsSync(path) && isLogged.test(readFileSync(path, 'utf8')));
  // copytruncate, and a file created for us, work as well.
  renameSync(path, `${path}.2`);
  writeFileSync(path, 'made\n');
  running.kill('SIGTERM');
  expect((await running.end()).status).toBe(143);
  expect(readFileSync(`${path}.1`, 'utf8')).not.toMatch(/SIGHUP/);
  expect(readFileSync(`${path}.2`, 'utf8')).toMatch(/SIGHUP to 1 child\n/);
  expect(readFileSync(path, 'utf8')).toMatch(/^made\n.*SIGTERM to 1 child\n.*exit status 143/s);
});

test('--log-file to a pipe that nobody reads does not hold anybody up', async () => {
  const path = fifo();
  const running = start(['-vv', '--log-file', path, '--', process.execPath, '-e', QUICK_CHILD]);
  await running.until(/ready/);
  for (let i = 1; i <= 100; i++) {
    running.kill('SIGHUP');
    await running.until(new RegExp(`(got\n){${i}}`));
  }
  running.kill('SIGTERM');
  running.kill('SIGTERM');
  const { status, stderr } = await running.end();
  expect(status).toBe(143);
  expect(stderr).toBe(`qemu-loop: nobody has read the log ${path}: it is lost\n`);
});

test.each([
  ['told to end', CHILD, 143],
  ['ended by itself', 'echo ready; read x; exit 3', 3],
])(
  '--log-file to a pipe that is not read in time, %s: one line says so',
  async (_, child, ends) => {
    const path = fullPipe();
    const running = start(['--grace', '50ms', '--log-file', path, '--spawn', child]);
    await running.until(/ready/);
    if (ends === 143) running.kill('SIGTERM');
    else running.child.stdin?.end();
    const { status, stderr } = await running.end();
    expect(status).toBe(ends);
    expect(stderr).toBe(`qemu-loop: the log ${path} was not read in time: its end is lost\n`);
  },
);

test('--log-file to a pipe whose reader comes later is whole, and nothing is said', async () => {
  const path = fifo();
  const running = start(['--log-file', path, '--spawn', 'echo ready; exec sleep 60']);
  await running.until(/ready/);
  const reader = spawn('cat', [path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(reader, 'close');
  const chunks: Buffer[] = [];
  reader.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(reader.stdout, 'data');
  running.kill('SIGTERM');
  const { status, stderr } = await running.end();
  expect({ status, stderr }).toEqual({ status: 143, stderr: '' });
  await closed;
  expect(Buffer.concat(chunks).toString()).toMatch(/posix_spawn.*exit status 143/s);
});

// Node's pipes to a child are sockets, as are those of systemd.
test.each([
  ['/dev/stderr', 'stderr'],
  ['/dev/fd/2', 'stderr'],
  ['/dev/stdout', 'stdout'],
] as const)('--log-file %s goes there, also if it is a socket', async (path, stream) => {
  const ended = await run(['--log-file', path, '--prefix', '--spawn', 'echo said; exit 3']);
  expect(ended.status).toBe(3);
  expect(ended.stdout).toMatch(/^\[1\] said$/m);
  expect(ended[stream]).toMatch(/posix_spawn.* exit status 3: \[1\] ended with exit 3\n$/s);
});

test('--log-file /dev/stderr, the same socket as stdout: the log does not go into the middle of a line', async () => {
  // Longer than what is kept of a line: a piece of it goes out before the child has ended.
  const child = 'head -c 1300000 /dev/zero | tr "\\0" x';
  const script = `exec $QL --log-file /dev/stderr --prefix --spawn '${child}' 2>&1`;
  const { status, stdout } = await shell(script);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^ *[\d.]+ waitpid +\[1\] /m);
  expect(stdout).not.toMatch(/xx *\d/);
});
