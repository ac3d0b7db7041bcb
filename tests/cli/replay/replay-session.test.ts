/** `qemu-loop --record`, and the replay of its session. */

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run, shell, start } from '../../support/run.ts';
import { testDirectory } from '../../support/terminal.ts';
import { WatchTerminal } from '../../support/watch-terminal.ts';
import { cutOff, withHeader } from './files.ts';

const CHILDREN = ['--spawn', 'sleep 0.05; exit 3', '--spawn', 'kill -9 $$'];
const LEFT = ['--spawn', 'trap "" TERM; sleep 9 & sleep 9 & echo up', '--subreaper'];

test.each([
  ['children', CHILDREN, 3],
  ['their output', ['--prefix', '--spawn', 'echo out; echo err >&2; printf x'], 0],
  ['all events', ['-vv', '--explain', '--spawn', 'true'], 0],
  ['a log of JSON', ['--log-format', 'json', ...CHILDREN], 3],
  [
    'a time limit',
    ['--timeout', '50ms', '--grace', '50ms', '--spawn', 'trap "" TERM; sleep 9'],
    124,
  ],
  ['processes that are left behind', [...LEFT, '--grace', '20ms'], 0],
  ['a program that is not there', ['--', '/nowhere/prog'], 127],
  ['signals without a mask', ['--sigfd', 'compat', ...CHILDREN], 3],
])('%s: the same bytes and the same status', async (_what, args, status) => {
  const record = join(testDirectory(), 's.rec');
  const first = await run(['--record', record, ...args]);
  expect(first.status).toBe(status);
  const again = await run(['replay', record]);
  expect({ ...again, stdout: '' }).toEqual({ ...first, stdout: '' });
  if (args.includes('--prefix')) expect(again.stdout).toBe(first.stdout);
});

test('the replay starts no child, and opens no file', async () => {
  const dir = testDirectory();
  const [record, mark, log] = ['s.rec', 'mark', 'log'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  await run(['--record', record, '--log-file', log, '--spawn', `touch ${mark}`]);
  const text = readFileSync(log, 'utf8');
  rmSync(mark);
  rmSync(log);
  const again = await run(['replay', record]);
  expect([existsSync(mark), existsSync(log)]).toEqual([false, false]);
  expect(again.stderr).toBe(text);
});

test('signals that came are in it', async () => {
  const record = join(testDirectory(), 's.rec');
  const running = start([
    '--record',
    record,
    '--spawn',
    'trap "exit 7" USR1; echo up; while :; do sleep 0.01; done',
  ]);
  await running.until(/up/);
  running.kill('SIGUSR1');
  const first = await running.end();
  expect(first.status).toBe(7);
  const again = await run(['replay', record]);
  expect(again).toMatchObject({ status: 7, stderr: first.stderr });
  expect(again.stderr).toContain('SIGUSR1');
});

test('a trace that was written is the same; others can be written, and a report', async () => {
  const dir = testDirectory();
  const [record, first, again, more, page] = ['r', 'a', 'b', 'c', 'd'].map((name) =>
    join(dir, name),
  ) as [string, string, string, string, string];
  const kinds = ['--trace', 'child_*', '--trace-file'];
  await run(['--record', record, ...kinds, `json:${first}`, ...CHILDREN]);
  await run(['replay', ...kinds, `json:${again}`, record]);
  expect(readFileSync(again, 'utf8')).toBe(readFileSync(first, 'utf8'));
  expect(readFileSync(first, 'utf8')).toContain('child_reap');
  const ended = await run(['replay', '--trace-file', `log:${more}`, '--report', page, record]);
  expect(ended.status).toBe(3);
  expect(readFileSync(more, 'utf8')).toContain('main_loop_phase');
  expect(readFileSync(page, 'utf8')).toContain('<html');
});

test('a session that was killed replays up to there', async () => {
  const record = join(testDirectory(), 's.rec');
  const { stderr } = await shell(
    `$QL --kill-child 0 --record ${record} --spawn 'echo $PPID >&2; kill -9 $PPID'`,
  );
  const again = await run(['replay', record]);
  expect(again.status).toBe(125);
  expect(again.stderr).toMatch(/the record is cut off in iteration \d+, after \d+ calls\n$/);
  expect(stderr).not.toBe('');
});

test('a record that is cut off, is to end early, or is of another command line', async () => {
  const record = join(testDirectory(), 's.rec');
  const first = await run(['--record', record, ...CHILDREN]);
  const cut = await run(['replay', cutOff(record, 100)]);
  expect(cut.status).toBe(125);
  const shown = cut.stderr.split('\n').slice(0, -2).join('\n');
  expect(first.stderr.startsWith(shown)).toBe(true);
  const early = await run(['replay', '--to', '1', record]);
  expect(early.status).toBe(0);
  expect(early.stderr).toMatch(/posix_spawn(.|\n)*the replay ends before iteration 2, as asked\n$/);
  const late = await run(['replay', '--to', '99', record]);
  expect(late.status).toBe(first.status);
  expect(late.stderr).toMatch(/the run ended after iteration \d+, before --to 99\n$/);
  const other = withHeader(record, (header) => ({
    ...header,
    argv: header.argv.map((arg) => arg.replace('exit 3', 'exit 4')),
  }));
  const differs = await run(['replay', other]);
  expect(differs.status).toBe(125);
  expect(differs.stderr).toMatch(
    /the replay differs: iteration \d+, call \d+: recorded spawn\(.*now spawn\(/,
  );
});

test('the view of a replay: children, output, steps back, and the end', async () => {
  const dir = testDirectory();
  const record = join(dir, 's.rec');
  const commands = ['echo one; read x; echo two; read x; exit 3', 'echo other'];
  const recorded = start([
    ...['--record', record, '--prefix'],
    ...commands.flatMap((command) => ['--spawn', command]),
  ]);
  // Each in an iteration of its own, before the last one.
  await recorded.until(/\[1\] one/);
  await recorded.until(/waitpid +\[2\]/, 'stderr');
  recorded.child.stdin!.write('\n');
  await recorded.until(/\[1\] two/);
  recorded.child.stdin!.write('\n');
  const first = await recorded.end();
  const terminal = await WatchTerminal.open(`replay --watch ${record}`, 90, 40);
  await terminal.until(/iteration 1 {2}PAUSED before the iteration/);
  expect(terminal.screen()).toMatch(/1 lives +\d+ .* echo one; read/);
  terminal.keys('Space');
  await terminal.until(/ENDED with 3/);
  expect(terminal.screen()).toMatch(/\[1\] two/);
  expect(terminal.screen()).toMatch(/exit 3 +\d+/);
  const last = Number(/iteration (\d+)/.exec(terminal.screen())![1]);
  terminal.keys('b');
  await terminal.until(new RegExp(`iteration ${last} {2}PAUSED before the iteration`));
  terminal.keys('g', '1', 'Enter');
  await terminal.until(/iteration 1 {2}PAUSED/);
  await terminal.until(/── output ─+\n\s*\n?── events/);
  terminal.keys('/', ...'[1] two', 'Enter', 'Escape', 'n');
  await terminal.until(/\[1\] two/);
  await terminal.until(/PAUSED before the iteration|ENDED/);
  terminal.keys('k', '1', 'Enter');
  await terminal.until(/this has been: s, p and space go on from here/);
  terminal.keys('Space');
  await terminal.until(/ENDED with 3/);
  terminal.keys('q');
  await terminal.expectRestored();
  // The end of the log comes after the view, and the status is that of the session.
  expect(terminal.screen()).toContain('exit status 3: [1] ended with exit 3');
  expect(terminal.screen()).toMatch(/status 3\n/);
  expect(first.status).toBe(3);
});

test('a replay that is left before its end', async () => {
  const record = join(testDirectory(), 's.rec');
  await run(['--record', record, ...CHILDREN]);
  const terminal = await WatchTerminal.open(`replay --watch --to 1 ${record}`, 90, 40);
  await terminal.until(/iteration 2 {2}PAUSED/);
  terminal.keys('q');
  await terminal.expectRestored();
  expect(terminal.screen()).toMatch(/was left before its end\nstatus 130/);
});
