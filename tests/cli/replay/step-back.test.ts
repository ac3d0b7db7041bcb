/** `--watch` of a simulated run and of a replay: steps back, and to any iteration. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../support/run.ts';
import { testDirectory } from '../../support/terminal.ts';
import { PAUSED, WatchTerminal } from '../../support/watch-terminal.ts';

/** A timer that fires every 10 ms, with idle iterations between, and a child. */
const TICKS = `
name: ticks
children: {c: {exit: 3}}
timers: {t: {do: [{arm: {t: 10ms}}], do_runs: 1500}}
steps: [{spawn: c}, {arm: {t: 10ms}}, run]
`;
const POLLS = `
name: polls
drive: aio_poll
bottom_halves: {a: {}}
steps: [{repeat: {times: 1000, do: [{schedule: a}, step]}}]
`;

async function steps(terminal: WatchTerminal): Promise<void> {
  await terminal.until(PAUSED(1));
  terminal.keys('s');
  await terminal.until(PAUSED(2));
  const second = terminal.screen();
  terminal.keys('s');
  await terminal.until(PAUSED(3));
  terminal.keys('b');
  await terminal.until(PAUSED(2));
  expect(terminal.screen()).toBe(second);
  // Forth, and back to the same screens.
  const there = await terminal.goTo(900);
  const later = await terminal.goTo(1200);
  expect(await terminal.goTo(900)).toBe(there);
  // A step in the past shows what has been; p makes the run again.
  terminal.keys('s');
  await terminal.until(PAUSED(901));
  const next = terminal.screen();
  terminal.keys('b');
  await terminal.until(PAUSED(900));
  terminal.keys('p');
  await terminal.until(/iteration 900 {2}PAUSED before prepare/);
  terminal.keys('s');
  await terminal.until(PAUSED(901));
  expect(terminal.screen()).toBe(next);
  expect(await terminal.goTo(1200)).toBe(later);
  expect(await terminal.goTo(2)).toBe(second);
  terminal.keys('b');
  await terminal.until(PAUSED(1));
  terminal.keys('b');
  await terminal.until(/there is nothing before this/);
}

test('a simulated run: b, g, and b after its end', async () => {
  const file = join(testDirectory(), 'ticks.yaml');
  writeFileSync(file, TICKS);
  const terminal = await WatchTerminal.open(`run --watch ${file}`);
  await steps(terminal);
  terminal.keys('Space');
  await terminal.until(/PASSED/);
  const last = Number(/iteration (\d+)/.exec(terminal.screen())![1]);
  terminal.keys('b');
  await terminal.until(PAUSED(last));
  terminal.keys('q');
  await terminal.expectRestored();
});

test('a run by aio_poll', async () => {
  const file = join(testDirectory(), 'polls.yaml');
  writeFileSync(file, POLLS);
  const terminal = await WatchTerminal.open(`run --watch ${file}`);
  const there = await terminal.goTo(800);
  await terminal.goTo(900);
  expect(await terminal.goTo(800)).toBe(there);
  terminal.keys('q');
  await terminal.expectRestored();
});

test('a replay; B goes to the last iteration in which something happened', async () => {
  const dir = testDirectory();
  const [file, record] = [join(dir, 'ticks.yaml'), join(dir, 'ticks.rec')];
  writeFileSync(file, TICKS.replace('10ms', '100us').replace('1ms', '100us'));
  expect((await run(['run', '--host', 'linux', '--record', record, file])).status).toBe(0);
  const terminal = await WatchTerminal.open(`replay --watch --to 4 ${record}`);
  await terminal.until(PAUSED(5));
  await terminal.goTo(1);
  await steps(terminal);
  await terminal.goTo(50);
  terminal.keys('B');
  await terminal.until(/iteration [1-4]\d {2}PAUSED/);
  terminal.keys('q');
  await terminal.expectRestored();
});

test('a machine with threads: b shows what was shown, p makes the run again', async () => {
  const terminal = await WatchTerminal.open('run --watch scenarios/threads/big-lock-convoy.yaml');
  await terminal.until(/^ iteration 0 {2}PAUSED before/m);
  const screens: string[] = [];
  for (const iteration of [1, 2, 3]) {
    terminal.keys('s');
    await terminal.until(PAUSED(iteration));
    screens.push(terminal.screen());
  }
  for (const iteration of [2, 1]) {
    terminal.keys('b');
    await terminal.until(PAUSED(iteration));
    expect(terminal.screen()).toBe(screens[iteration - 1]);
  }
  terminal.keys('p');
  await terminal.until(/^ iteration 1 {2}PAUSED before (?!the iteration)/m);
  expect(await terminal.goTo(3)).toBe(screens[2]);
  terminal.keys('q');
  await terminal.expectRestored();
});

const KILLED = `
name: killed
children: {c: {}}
timers: {t: {do: [{arm: {t: 10ms}}], do_runs: 20}}
steps: [{spawn: c}, {arm: {t: 10ms}}, run]
`;

test('a child that was killed by a key is killed again when the run is made again', async () => {
  const file = join(testDirectory(), 'killed.yaml');
  writeFileSync(file, KILLED);
  const terminal = await WatchTerminal.open(`run --watch ${file}`);
  await terminal.goTo(4);
  terminal.keys('k', '1', '!');
  await terminal.until(/SIGKILL sent to child 1/);
  const there = await terminal.goTo(12);
  expect(there).toMatch(/SIGKILL.*c: runs until killed/);
  await terminal.goTo(3);
  expect(terminal.screen()).toMatch(/running.*c: runs until killed/);
  terminal.keys('k', '1', '!');
  await terminal.until(/this has been/);
  terminal.keys('p');
  await terminal.until(/iteration 3 {2}PAUSED before prepare/);
  expect(await terminal.goTo(12)).toBe(there);
  terminal.keys('q');
  await terminal.expectRestored();
});

test('a real run: its past is shown, and it is not made again', async () => {
  const file = join(testDirectory(), 'ticks.yaml');
  writeFileSync(file, TICKS.replace('1500', '50'));
  const terminal = await WatchTerminal.open(`run --watch --host linux ${file}`);
  await terminal.until(/PASSED/);
  const end = terminal.screen();
  terminal.keys('g', '9', 'Enter');
  await terminal.until(PAUSED(9));
  const there = terminal.screen();
  terminal.keys('b');
  await terminal.until(PAUSED(8));
  terminal.keys('p');
  await terminal.until(/a real run is not made again/);
  terminal.keys('s');
  await terminal.until(PAUSED(9));
  expect(terminal.screen()).toBe(there);
  terminal.keys('Space');
  await terminal.until(/PASSED/);
  expect(terminal.screen()).toBe(end);
  terminal.keys('q');
  await terminal.expectRestored();
});

/** It takes some microseconds of its own time. */
const SHORT = `
name: short
bottom_halves: {a: {}}
steps: [{schedule: a}, step]
`;

test('the clock of a real run that is over stands still, however often it is drawn', async () => {
  const file = join(testDirectory(), 'short.yaml');
  writeFileSync(file, SHORT);
  const terminal = await WatchTerminal.open(`run --watch --host linux ${file}`);
  await terminal.until(/PASSED {2}[\d.]+ µs/);
  const end = terminal.screen();
  for (let i = 0; i < 3; i++) {
    terminal.keys('?');
    await terminal.until(/Any key closes this page/);
    terminal.keys('?');
    await terminal.until(/── events/);
    expect(terminal.screen()).toBe(end);
  }
  terminal.keys('q');
  await terminal.expectRestored();
});

/** A timer every 10 ms, and a late one among them. */
const LATE = `
name: late
timers: {t: {do: [{arm: {t: 10ms}}], do_runs: 60}, late: {do: [{log: so late}]}}
steps: [{arm: {t: 10ms}}, {arm: {late: 305ms}}, run]
`;

async function search(terminal: WatchTerminal): Promise<void> {
  await terminal.until(PAUSED(1));
  terminal.keys('n');
  await terminal.until(/type \/ and a text first/);
  terminal.keys('/');
  await terminal.until(/filter: /);
  terminal.keys(...'LATE', 'Enter', 'Escape', 'n');
  await terminal.until(/iteration \d\d {2}PAUSED before the iteration/);
  const there = Number(/iteration (\d+)/.exec(terminal.screen())![1]);
  expect(terminal.screen()).toMatch(/late +timer, called/);
  terminal.keys('N');
  // It was armed before the first iteration: nothing else has it.
  await terminal.until(/'LATE' is not before this/);
  await terminal.until(PAUSED(there));
  await terminal.goTo(there + 9);
  terminal.keys('N');
  await terminal.until(PAUSED(there));
  expect(terminal.screen()).toMatch(/late +timer, called/);
  // A line of the order log, then nothing more.
  terminal.keys('/', ...Array(4).fill('Backspace'), ...'so late', 'Enter', 'Escape', 'b', 'b', 'n');
  await terminal.until(PAUSED(there));
  terminal.keys('n');
  await terminal.until(/'so late' is not after this/);
  terminal.keys('N');
  await terminal.until(PAUSED(there));
  terminal.keys('q');
  await terminal.expectRestored();
}

test('n and N search in what comes, and in what has been: simulated', async () => {
  const file = join(testDirectory(), 'late.yaml');
  writeFileSync(file, LATE);
  await search(await WatchTerminal.open(`run --watch ${file}`));
});

test('n and N search in a replay', async () => {
  const dir = testDirectory();
  const [file, record] = [join(dir, 'late.yaml'), join(dir, 'late.rec')];
  writeFileSync(file, LATE);
  expect((await run(['run', '--host', 'linux', '--record', record, file])).status).toBe(0);
  await search(await WatchTerminal.open(`replay --watch --to 0 ${record}`));
});
