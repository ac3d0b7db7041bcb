/** `--watch` of several threads: `b`, `B` and `s` go by the iterations of any of them, back and forth. */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../support/run.ts';
import { testDirectory } from '../../support/terminal.ts';
import { WatchTerminal } from '../../support/watch-terminal.ts';

/** Two IOThreads poll; main has no iterations, and waits for them. */
const HOG = 'scenarios/threads/hog.yaml';
const AT = (next: string, time: string): RegExp =>
  new RegExp(`^ iteration 0 {2}PAUSED before ${next} {2}${time}`);

/** Presses a key, waits for a screen other than the one that was shown, and returns that. */
async function press(terminal: WatchTerminal, key: string): Promise<string> {
  const before = terminal.screen();
  terminal.keys(key);
  const lines = before.split('\n').map((line) => line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  await terminal.until(new RegExp(`^(?!${lines.join('\\n')}) iteration 0 {2}PA(USED|SSED)`));
  return terminal.screen();
}

test('a simulated run: each step back shows the screen of the step forth', async () => {
  const terminal = await WatchTerminal.open(`run --watch ${HOG}`, 80, 30);
  await terminal.until(AT('io0', '8 ns'));
  const screens: string[] = [];
  for (const [next, time] of [
    ['io1', '16 ns'],
    ['io0', '26 ns'],
    ['main', '30 ns'],
    ['io1', '46 ns'],
    ['io1', '153 ns'],
  ] as const) {
    terminal.keys('s');
    await terminal.until(AT(next, time));
    screens.push(terminal.screen());
  }
  for (let i = screens.length - 2; i >= 0; i--) {
    terminal.keys('b');
    await terminal.until(AT('\\w+', /(\d+ ns)/.exec(screens[i]!)![1]!));
    expect(terminal.screen()).toBe(screens[i]);
  }
  terminal.keys('b');
  await terminal.until(/there is nothing before this/);
  // Forth in what has been, and from there on the run itself is made again.
  for (const i of [1, 2]) {
    terminal.keys('s');
    await terminal.until(AT('\\w+', /(\d+ ns)/.exec(screens[i]!)![1]!));
    expect(terminal.screen()).toBe(screens[i]);
  }
  terminal.keys('t');
  await terminal.until(/^ iteration 0 {2}PAUSED before \w+ {2}(3[1-9]|4\d) ns/);
  terminal.keys('q');
  await terminal.expectRestored();
});

test('B goes back to the last stop after which a thread has run something', async () => {
  const terminal = await WatchTerminal.open(`run --watch ${HOG}`, 80, 30);
  terminal.keys('Space');
  await terminal.until(/PASSED/);
  terminal.keys('B');
  await terminal.until(/PAUSED/);
  let pressed = 1;
  for (; !AT('main', '30 ns').test(terminal.screen()); pressed++) await press(terminal, 'B');
  expect(pressed).toBeLessThan(8);
  terminal.keys('s');
  await terminal.until(/ io0 {2}hog +called$/m);
  terminal.keys('b', 'B');
  await terminal.until(/there is nothing before this/);
  terminal.keys('q');
  await terminal.expectRestored();
});

test('a replay: s stops at iterations of any thread, b goes back by them', async () => {
  const record = join(testDirectory(), 'hog.rec');
  expect((await run(['run', '--host', 'linux', '--record', record, HOG])).status).toBe(0);
  const terminal = await WatchTerminal.open(`replay --watch ${record}`, 80, 30);
  await terminal.until(AT('main', ''));
  const screens = [terminal.screen()];
  for (let i = 1; i < 3; i++) {
    screens.push(await press(terminal, 's'));
    expect(screens[i]).toMatch(AT('main', ''));
    // No process of this machine is asked what a thread of another run does.
    expect(screens[i]).not.toMatch(/io0 {2}ended/);
  }
  expect(await press(terminal, 'b')).toBe(screens[1]);
  expect(await press(terminal, 'b')).toBe(screens[0]);
  terminal.keys('b');
  await terminal.until(/there is nothing before this/);
  terminal.keys('s');
  await terminal.until(/^(?!.*there is nothing)/s);
  expect(terminal.screen()).toBe(screens[1]);
  terminal.keys('Space');
  await terminal.until(/PASSED/);
  terminal.keys('q');
  await terminal.expectRestored();
});
