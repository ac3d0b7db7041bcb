/** A scenario's name that is not a readable file is reported as a problem, and the others run. */

import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { root, run, start } from '../../support/run.ts';
import { QL, shellTerminal } from '../../support/terminal.ts';

const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-read-'));
afterAll(() => rmSync(dir, { recursive: true }));

writeFileSync(join(dir, 'good.yaml'), 'name: good\nsteps: [step]\nexpect: {order: [mlw]}\n');
mkdirSync(join(dir, 'folder.yaml'));
symlinkSync('folder.yaml', join(dir, 'link.yaml'));
symlinkSync('nowhere', join(dir, 'broken.yaml'));
execFileSync('mkfifo', [join(dir, 'fifo.yaml')]);

const WRONG = [
  'broken.yaml:1:1: it cannot be read: No such file or directory (ENOENT)',
  'fifo.yaml:1:1: it is a FIFO, and nobody writes into it',
  'link.yaml:1:1: it is a directory, expected a file',
];

it('checks the others', async () => {
  const { status, stderr } = await run(['check', '.'], { cwd: dir });
  expect(status).toBe(2);
  expect(stderr.trim().split('\n')).toEqual(WRONG.map((line) => `./${line}`));
});

it('runs the others', async () => {
  const { status, stdout, stderr } = await run(['run', dir]);
  expect(status).toBe(2);
  expect(stderr.trim().split('\n')).toEqual(WRONG.map((line) => join(dir, line)));
  expect(stdout).toMatch(/1 passed, 3 could not be read/);
});

it.each([
  [Buffer.from('\ufeffname: x\n', 'utf16le'), 'it is UTF-16: save it as UTF-8'],
  [Buffer.from('\ufeffname: x\n', 'utf16le').swap16(), 'it is UTF-16: save it as UTF-8'],
  [Buffer.from('name: \xff\n', 'latin1'), 'it is not text in UTF-8: save it as such'],
  [
    Buffer.from('name: x\n', 'utf16le'),
    'there is a zero byte here, expected text (a file in UTF-16 must be saved as UTF-8)',
    2,
  ],
])('says how %j is to be saved', async (bytes, message, column = 1) => {
  const file = join(dir, 'coded.yml');
  writeFileSync(file, bytes);
  const { status, stderr } = await run(['check', file]);
  rmSync(file);
  expect([status, stderr]).toEqual([2, `${file}:1:${column}: ${message}\n`]);
});

it.each([
  ['play', 'cannot read /dev/zero'],
  ['replay', '/dev/zero: cannot read it'],
  ['report', 'cannot read the trace /dev/zero'],
])('%s stops reading an endless device', async (command, what) => {
  const { status, stderr } = await run([command, '/dev/zero']);
  const why = 'it is a device that does not end, expected a file';
  expect([status, stderr]).toEqual([2, `qemu-loop: ${what}: ${why}\n`]);
});

it('stops reading an endless device as a scenario', async () => {
  const { status, stderr } = await run(['check', '/dev/zero']);
  const why = 'it is a device that does not end, expected a file';
  expect([status, stderr]).toEqual([2, `/dev/zero:1:1: ${why}\n`]);
});

/** The kernel's log gives what it has, and then waits for more. Not every machine lets us read it. */
const LOG = '/dev/kmsg';

function isReadable(path: string): boolean {
  try {
    closeSync(openSync(path, 'r'));
    return true;
  } catch {
    return false;
  }
}

it.skipIf(!isReadable(LOG)).each([
  ['check', `${LOG}:1:1`],
  ['report', `qemu-loop: cannot read the trace ${LOG}`],
])('%s does not wait for a file without an end', async (command, what) => {
  const { status, stderr } = await run([command, LOG]);
  const why = 'it has no end, but waits for more: expected a file';
  expect([status, stderr]).toEqual([2, `${what}: ${why}\n`]);
});

it('reads a pipe whose writer takes its time', async () => {
  const script = `node "$0" check <(sleep 0.2; cat "$1")`;
  const command = join(root, 'dist', 'qemu-loop.cjs');
  const file = join(dir, 'good.yaml');
  expect(execFileSync('bash', ['-c', script, command, file], { encoding: 'utf8' })).toBe(
    '1 file is right\n',
  );
});

it('says that it waits for the writer of a pipe', async () => {
  const fifo = join(dir, 'fifo.yaml');
  const writer = openSync(fifo, 'r+');
  const running = start(['check', fifo]);
  await running.until(/^qemu-loop: \S+ waits for its writer\n$/, 'stderr');
  writeFileSync(writer, 'name: good\nsteps: [step]\n');
  closeSync(writer);
  expect(await running.end()).toMatchObject({ status: 0, stdout: '1 file is right\n' });
});

it('says how a scenario that is typed ends', async () => {
  const terminal = shellTerminal(80, 24);
  terminal.line(`${QL} check /dev/stdin`);
  await terminal.until(/\/dev\/stdin is read from the terminal: Ctrl-D ends it\n/);
  terminal.line('{name: typed, steps: [step]}');
  terminal.keys('C-d');
  await terminal.until(/1 file is right/);
});

it.each([
  ['check', 'no scenario -: '],
  ['run', 'no scenario -: '],
  ['report', 'cannot read the trace -: there is no file of that name: '],
  ['replay', '-: cannot read it: there is no file of that name: '],
  ['play', 'cannot read -: there is no file of that name: '],
])('%s - says what to write', async (command, what) => {
  const { status, stderr } = await run([command, '-']);
  expect(status).toBe(2);
  expect(stderr).toBe(`qemu-loop: ${what}write /dev/stdin for stdin\n`);
});
