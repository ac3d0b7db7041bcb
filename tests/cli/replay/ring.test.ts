/** `--record-last`: kept in memory, and written if something goes wrong or a signal asks for it. */

import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run, start, untilTrue } from '../../support/run.ts';
import { testDirectory } from '../../support/terminal.ts';
import { withHeader } from './files.ts';

const LAST = ['--record-last', '64KB'];
/** Enough output for a ring of that size to leave out most of it; a line for each iteration. */
const CHATTY = `
const word = new Int32Array(new SharedArrayBuffer(4));
for (let i = 0; i < 2500; i++) {
  require('node:fs').writeSync(1, 'line ' + i + '\\n');
  Atomics.wait(word, 0, 0, 0.5);
}
process.exitCode = 3;`;

function record(): string {
  return join(testDirectory(), 'r.rec');
}

test('nothing is written if all is well', async () => {
  const path = record();
  const ended = await run(['--record', path, ...LAST, '--spawn', 'true']);
  expect(ended.status).toBe(0);
  expect(existsSync(path)).toBe(false);
});

test.each([
  ['a child that fails', ['--spawn', 'exit 3'], 3],
  ['a program that is not there', ['--', '/nowhere/prog'], 127],
])('%s: the record is written, and replays the same', async (_what, args, status) => {
  const path = record();
  const first = await run(['--record', path, ...LAST, ...args]);
  expect(first.status).toBe(status);
  expect(await run(['replay', path])).toEqual(first);
});

test('a signal writes it while the session goes on, and is not passed on', async () => {
  const path = record();
  const running = start([
    ...['--record', path, ...LAST, '--record-signal', 'USR2'],
    ...[
      '--spawn',
      'trap "echo got; exit 7" USR2; trap "exit 0" TERM; echo up; while :; do sleep 0.01; done',
    ],
  ]);
  await running.until(/up/);
  running.kill('SIGUSR2');
  await running.until(/it goes to/, 'stderr');
  await untilTrue(() => existsSync(path), `the file ${path}`);
  running.kill('SIGTERM');
  const first = await running.end();
  expect(first.stdout).not.toContain('got');
  const again = await run(['replay', path]);
  expect(again.status).toBe(0);
  const [said, end] = again.stderr.split(/(?=qemu-loop: )/);
  expect(first.stderr.startsWith(said!)).toBe(true);
  expect(said).toContain('SIGUSR2');
  expect(end).toMatch(/the record was taken in iteration \d+, after \d+ calls\n$/);
});

test('it keeps the end of a long session: the replay ends as the session did', async () => {
  const path = record();
  const first = await run([
    ...['--record', path, ...LAST, '--prefix', '--', process.execPath, '-e', CHATTY],
  ]);
  expect(first.status).toBe(3);
  expect(statSync(path).size).toBeLessThanOrEqual(64_000);
  const again = await run(['replay', path]);
  expect(again.status).toBe(3);
  const notes = again.stderr.match(/^qemu-loop: .* iterations \d+ to \d+ are not in the record$/gm);
  expect(notes?.length).toBeGreaterThan(0);
  expect(again.stderr.replace(/^qemu-loop: .*\n/gm, '')).toBe(first.stderr);
  // The first lines, then the last ones without a gap.
  const [all, kept] = [first, again].map(({ stdout }) => stdout.trimEnd().split('\n'));
  expect(kept!.length).toBeLessThan(all!.length);
  expect(kept!.slice(-200)).toEqual(all!.slice(-200));
  // The state at a mark is checked: another command line is told before it does harm.
  const changed = withHeader(path, (header) => ({ ...header, argv: [...header.argv, '-v'] }));
  const differs = await run(['replay', changed]);
  expect(differs.status).toBe(125);
  expect(differs.stderr).toContain('the replay differs');
});

test('a run: the record is written if an expectation fails', async () => {
  const dir = testDirectory();
  const [good, bad] = ['[t]', '[u]'].map((order, i) => {
    const file = join(dir, `${i}.yaml`);
    writeFileSync(
      file,
      `name: n\ntimers: {t: {}, u: {}}\nsteps: [{arm: {t: 1ms}}, run]\nexpect: {order: ${order}}\n`,
    );
    return file;
  }) as [string, string];
  const path = join(dir, 'r.rec');
  const args = ['run', '--host', 'linux', '--record', path, ...LAST];
  expect((await run([...args, good])).status).toBe(0);
  expect(existsSync(path)).toBe(false);
  const first = await run([...args, bad]);
  expect(first.status).toBe(1);
  const again = await run(['replay', path]);
  expect(again.status).toBe(1);
  expect(first.stdout).toContain(again.stdout.trim().split('\n')[0]!);
});

const sleeping = (last: string): string => `
name: n
timers: {t: {}}
signals: {SIGUSR2: {}}
children: {c: {after: 7200s}}
steps: [{spawn: c}, {log: begins}, {arm: {t: 1ms}}, {run: {iterations: 2}}, ${last}]
`;

/** Room for all of a run that goes on for a minute: a run has no marks, so nothing can be left out. */
const ROOM = ['--record-last', '8MB'];

/** A thread wakes main again and again. */
const WOKEN = `
name: n
iothreads: {io0: {}}
words: [w, n]
timers: {k: {in: io0, quiet: true, do: [{add: {n: 1}}, {arm: {k: 2ms}}]}}
steps:
  - log: begins
  - arm: {k: 1ms}
  - main_loop_wait: {until: {n: 1}, blocking: false, quiet: true}
  - wait_for: {w: 1}
`;

test.each([
  ['in its loop', sleeping('run')],
  ['outside', sleeping('{wait_for: 3600s}')],
  ['while a thread runs', WOKEN],
])(
  'a run that sleeps %s: a signal writes the record, and the run does not get it',
  async (_where, text) => {
    const dir = testDirectory();
    const file = join(dir, 'long.yaml');
    writeFileSync(file, text);
    const path = join(dir, 'r.rec');
    const running = start([
      ...['run', '--host', 'linux', '--record', path, ...ROOM, '--record-signal', 'USR2', file],
    ]);
    await running.until(/begins/, 'stderr');
    for (const times of [1, 2]) {
      running.kill('SIGUSR2');
      await running.until(new RegExp(`(the record goes there\n[^]*){${times}}`), 'stderr');
      const again = await run(['replay', path]);
      expect(again.stderr).toMatch(/the record was taken in iteration \d+, after \d+ calls\n$/);
      expect(again.stderr).not.toContain('SIGUSR2');
      rmSync(path);
    }
    running.kill('SIGTERM');
    await running.end();
    expect(existsSync(path)).toBe(false);
  },
);

test.each([
  [['--record-last', '8MB', '--spawn', 'true'], /--record-last is about --record/],
  [['--record', 'x', '--record-last', '8', '--spawn', 'true'], /needs a unit: 8MB/],
  [['--record', 'x', '--record-last', '1KB', '--spawn', 'true'], /expected 64KB to 2GB/],
  [['--record', 'x', '--record-signal', 'USR2', '--spawn', 'true'], /is about --record-last/],
  [
    ['--record', 'x', ...LAST, '--record-signal', 'KILL', '--spawn', 'true'],
    /SIGKILL cannot be taken from the children/,
  ],
  [
    ['--record', 'x', ...LAST, '--record-signal', 'USR2', '--rewrite', 'USR2:0', '--spawn', 'true'],
    /both name SIGUSR2/,
  ],
  [['run', '--record', 'x', '--record-signal', 'USR2', 'x.yaml'], /is about --record-last/],
  [
    ['run', '--record', 'x', ...LAST, '--record-signal', 'TERM', 'x.yaml'],
    /expected SIGUSR1, SIGUSR2, SIGALRM, SIGURG, SIGWINCH/,
  ],
  [['--record', '/nowhere/x', ...LAST, '--spawn', 'true'], /--record \/nowhere\/x/],
])('%j is refused', async (args, message) => {
  const ended = await run(args, { cwd: testDirectory() });
  expect(ended.status).toBeGreaterThan(0);
  expect(ended.stderr).toMatch(message);
  expect(ended.stdout).toBe('');
});
