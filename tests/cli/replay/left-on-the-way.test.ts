/** `--watch` left by Ctrl-C while its run is made again, up to a step back. */

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { start } from '../../support/run.ts';
import { testDirectory } from '../../support/terminal.ts';
import { WatchTerminal } from '../../support/watch-terminal.ts';

const ticks = (times: number, span: string): string => `
name: ticks
timers: {t: {do: [{arm: {t: ${span}}}], do_runs: ${times}}}
steps: [{arm: {t: ${span}}}, run]
`;

/** A terminal that shows the past of a run, from which `p` makes it again. */
async function inThePast(args: string, last: number): Promise<WatchTerminal> {
  const terminal = await WatchTerminal.open(args, 90, 40);
  await terminal.goTo(last);
  await terminal.goTo(last - 1);
  return terminal;
}

test.each([
  ['a scenario', ['run', '--host', 'linux']],
  ['a session', ['--prefix']],
])('both keys at once, in the replay of %s: the line comes after the view', async (what, how) => {
  const dir = testDirectory();
  const [file, record] = [join(dir, 'ticks.yaml'), join(dir, 'ticks.rec')];
  writeFileSync(file, ticks(20, '100us'));
  const lines = ['1', '2', '3', '4'];
  const child = `for i in ${lines.join(' ')}; do echo line $i; read x; done; true`;
  const of = what === 'a session' ? ['--spawn', child] : [file];
  const recorded = start([...how, '--record', record, ...of]);
  // Each line comes in an iteration of its own.
  for (const line of what === 'a session' ? lines : []) {
    await recorded.until(new RegExp(`line ${line}\\n`));
    recorded.child.stdin!.write('\n');
  }
  expect((await recorded.end()).status).toBe(0);
  const terminal = await inThePast(`replay --watch ${record}`, 3);
  terminal.keys('p', 'C-c');
  await terminal.expectRestored();
  expect(terminal.screen()).toMatch(/ticks\.rec was left before its end\nstatus 130/);
});

test.each([
  ['p', 'C-c'],
  ['C-c', 'p'],
])('a simulated run, by %s and %s at once', async (...keys) => {
  const file = join(testDirectory(), 'ticks.yaml');
  writeFileSync(file, ticks(20, '1ms'));
  const terminal = await inThePast(`run --watch ${file}`, 9);
  terminal.keys(...keys);
  await terminal.expectRestored();
  expect(terminal.screen()).toMatch(/ticks\.yaml was left before its end\nstatus 130/);
});

test('a run that is over is not made again for a key before the Ctrl-C', async () => {
  const file = join(testDirectory(), 'ticks.yaml');
  writeFileSync(file, ticks(20, '1ms'));
  const terminal = await WatchTerminal.open(`run --watch ${file}`, 90, 40);
  terminal.keys('Space');
  await terminal.until(/PASSED/);
  terminal.keys('b', 'p', 'C-c');
  await terminal.expectRestored();
  expect(terminal.screen()).toMatch(/1 passed.*\nstatus 0/);
});

/** The last iteration that a run was in, if it was left while it was made again. */
async function leftAt(goal: number): Promise<number> {
  const dir = testDirectory();
  const [file, trace] = [join(dir, 'ticks.yaml'), join(dir, 'trace')];
  writeFileSync(file, ticks(goal, '1ms'));
  const events = `--trace main_loop_wait_begin --trace-file json:${trace}`;
  const terminal = await inThePast(`run --watch ${events} ${file}`, goal);
  const size = statSync(trace).size;
  terminal.keys('p');
  while (statSync(trace).size >= size) await setImmediate();
  terminal.keys('C-c');
  await terminal.expectRestored();
  return readFileSync(trace, 'utf8').trimEnd().split('\n').length;
}

test('a long way back is left at once', async () => {
  const goal = 60_000;
  // The key may come too late on a busy machine.
  for (let tries = 0; tries < 5; tries++) if ((await leftAt(goal)) < goal - 1000) return;
  throw new Error(`the run went on to iteration ${goal}`);
});
