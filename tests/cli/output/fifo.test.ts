/** Outputs of commands to a FIFO that nobody has opened, or that its reader does not read. */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { fifo } from '../../support/fifo.ts';
import { fullPipe } from '../../support/full-pipe.ts';
import { command, Running, root, run, shellStart, start } from '../../support/run.ts';
import { testDirectory } from '../../support/terminal.ts';

const SCENARIO = join(root, 'scenarios/sigchld.yaml');

const PAGE = /^<!doctype html>/;

/** Commands that write into FIFO, and what comes out of it. */
const COMMANDS: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['--report', ['-q', '--report', 'FIFO', '--', 'true'], PAGE],
  ['run --report', ['run', '--report', 'FIFO', SCENARIO], PAGE],
  ['run --trace-file', ['run', '--trace-file', 'json:FIFO', SCENARIO], /^\{/],
  ['report', ['report', 'TRACE', '-o', 'FIFO'], PAGE],
  ['report --diff', ['report', '--diff', 'TRACE', 'TRACE', '-o', 'FIFO'], PAGE],
  ['replay --report', ['replay', 'RECORD', '--report', 'FIFO'], PAGE],
  ['replay --trace-file', ['replay', 'RECORD', '--trace-file', 'json:FIFO'], /^\{/],
  ['explore --html', ['explore', 'aio_notify', '--without', 'smp_mb', '--html', 'FIFO'], PAGE],
  ['explore --promela', ['explore', 'aio_notify', '--promela', 'FIFO'], /proctype/],
  ['play', ['play', '-o', 'FIFO'], PAGE],
  ['--trace-file', ['-q', '--trace-file', 'json:FIFO', '--', 'true'], /^\{/],
  ['--record', ['-q', '--record', 'FIFO', '--', 'true'], /^qemu-loop/],
];

const WAITS =
  /^qemu-loop: the (report|trace|page|record|model for Spin) \S+ waits for its reader$/m;

let files = '';

beforeAll(() => {
  files = mkdtempSync(join(tmpdir(), 'qemu-loop-fifo-'));
  const outputs = [
    '--trace-file',
    `json:${join(files, 'TRACE')}`,
    '--record',
    join(files, 'RECORD'),
  ];
  execFileSync(process.execPath, [command, '-q', ...outputs, '--', 'true']);
});

afterAll(() => rmSync(files, { recursive: true }));

function named(path: string, args: readonly string[]): string[] {
  return args.map((arg) =>
    arg.replace('FIFO', path).replace(/TRACE|RECORD/, (name) => join(files, name)),
  );
}

function startInto(path: string, args: readonly string[]): Running {
  return start(named(path, args));
}

test.each(COMMANDS)('%s says that it waits for a reader, and goes on', async (_, args, text) => {
  const path = fifo();
  const running = startInto(path, args);
  await running.until(WAITS, 'stderr');
  // An error was found.
  const status = args.includes('smp_mb') ? 1 : 0;
  const read = await readFile(path, 'utf8');
  expect((await running.end()).status).toBe(status);
  expect(running.stderr.match(new RegExp(WAITS, 'gm'))).toHaveLength(1);
  expect(read).toMatch(text);
});

test.each([
  ['SIGINT', '--report'],
  ['SIGTERM', '--trace-file'],
  ['SIGINT', '--record'],
  ['SIGTERM', 'run --trace-file'],
  ['SIGINT', 'report'],
] as const)('%s ends %s that waits', async (signal, name) => {
  const [, args] = COMMANDS.find(([one]) => one === name)!;
  const running = startInto(fifo(), args);
  await running.until(WAITS, 'stderr');
  running.kill(signal);
  await running.end();
});

test('nobody reads the report of a session: it ends after --grace', async () => {
  const path = fifo();
  const args = ['--grace', '600ms', '--report', path, '--spawn', 'echo ran; exit 3'];
  const { status, stdout, stderr } = await run(args);
  expect({ status, stdout }).toEqual({ status: 3, stdout: 'ran\n' });
  expect(stderr).toMatch(/cannot write the report \S+: nobody has opened it to read\n$/);
  const full = await run(['--grace', '600ms', '--report', fullPipe(), '--', 'true']);
  expect(full.stderr).toMatch(/cannot write the report \S+: it was not read in time\n$/);
});

test.each(['--trace-file json:', '--record ', '--report ', '--log-file '])(
  'a stderr that nobody reads does not hold up the end of %sFILE, which nobody reads either',
  async (option) => {
    // More than the time after which it says that it waits.
    const args = `--grace 600ms ${option}${fullPipe()} ${option === '--log-file ' ? '' : '-q'}`;
    const child = 'echo ready; exec sleep 100';
    const running = shellStart(`exec $QL ${args} --spawn '${child}' 2>${fullPipe()}`);
    await running.until(/ready/);
    running.kill('SIGTERM');
    expect(await running.end()).toMatchObject({ status: 143 });
  },
);

/** The same as a user who may not write everything. */
function startAsUser(path: string, args: readonly string[]): Running {
  if (process.getuid?.() !== 0) return startInto(path, args);
  const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, command];
  return new Running('setpriv', [...nobody, ...named(path, args)]);
}

test.each([
  ['before the run', ['--report', 'FIFO', '--spawn', 'echo ran']],
  ['at the end', ['report', 'TRACE', '-o', 'FIFO']],
] as const)('a pipe that may not be written is refused %s', async (_when, args) => {
  const path = fifo();
  chmodSync(path, 0o400);
  for (const dir of [files, dirname(path)]) chmodSync(dir, 0o755);
  const { status, stdout, stderr } = await startAsUser(path, args).end();
  expect({ status, stdout }).toEqual({ status: 125, stdout: '' });
  expect(stderr).toMatch(/cannot write the report \S+: Permission denied \(EACCES\)\n$/);
});

test.each(COMMANDS.filter(([, args]) => !args.includes('explore')))(
  '%s does not wait at the name of a socket',
  async (_name, args) => {
    const path = join(testDirectory(), 'socket');
    const server = createServer().listen(path);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { status, stdout, stderr } = await startInto(path, args).end();
    expect({ status, stdout }).toEqual({ status: 125, stdout: '' });
    expect(stderr).toMatch(/^qemu-loop: .*: No such device or address \(ENXIO\)\n$/);
  },
);

test('a page for a full device is an error', async () => {
  const { status, stderr } = await startInto('/dev/full', ['report', 'TRACE', '-o', 'FIFO']).end();
  expect(status).toBe(125);
  expect(stderr).toMatch(
    /cannot write the report \/dev\/full: No space left on device \(ENOSPC\)\n$/,
  );
});

test('of two traces the one that waits is named', async () => {
  const path = fifo();
  const traces = ['json:/dev/stdout', `json:${path}`].flatMap((one) => ['--trace-file', one]);
  const { stderr } = await run(['-q', '--grace', '600ms', ...traces, '--', 'true']);
  expect(stderr).toContain(`qemu-loop: the trace ${path} waits for its reader\n`);
});
