/** `qemu-loop run --watch` of files with several threads. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../support/run.ts';
import { WatchTerminal } from '../../support/watch-terminal.ts';

const CONVOY = 'scenarios/threads/big-lock-convoy.yaml';
const HOG = 'scenarios/threads/hog.yaml';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'watch-threads-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

const watching = (args: string, columns = 80, rows = 24): Promise<WatchTerminal> =>
  WatchTerminal.open(`run --watch ${args}`, columns, rows);

/** Presses t until the screen says this, and waits for each turn. */
async function turnsUntil(terminal: WatchTerminal, wanted: RegExp, most = 60): Promise<void> {
  const head = (): string => terminal.screen().split('\n')[0]!;
  for (let i = 0; i < most && !wanted.test(terminal.screen()) && !/PASSED/.test(head()); i++) {
    const before = terminal.screen();
    terminal.keys('t');
    // A turn may change nothing that is shown; then another t does no harm.
    for (let tries = 0; tries < 50 && terminal.screen() === before; tries++) await setTimeout(10);
    await terminal.until(/^ iteration .*(PAUSED|PASSED)/);
  }
  expect(terminal.screen()).toMatch(wanted);
}

describe('a simulated run of several threads', () => {
  test('waits before the first thread goes on, and t goes to the next turn', async () => {
    const terminal = await watching(HOG);
    await terminal.until(/^ iteration 0 {2}PAUSED before io0 {2}\d+ ns$/m);
    await terminal.until(/^── threads ─+\n.*\n {10}main asleep in futex_wait, has the BQL\n▸/m);
    terminal.keys('t');
    await terminal.until(/PAUSED before io1/);
    await terminal.until(/^▸ +io1 {2}runs$/m);
    await turnsUntil(terminal, /^▸? +\w+ io0 {2}runs bottom half hog/m);
    expect(terminal.screen()).toMatch(/ io0 {2}hog +called$/m);
    await turnsUntil(terminal, / io1 {2}asleep in ppoll/);
    terminal.keys('Space');
    await terminal.until(/^ iteration \d+ {2}PASSED/m);
    await terminal.until(/^── order log ─+\n(.*\n)*io0: quick\n/m);
    terminal.keys('q');
    await terminal.until(/ok {3}an IOThread that hogs/);
    await terminal.expectRestored();
  });

  test('shows the thread that waits for the BQL, and the one that has it', async () => {
    const terminal = await watching(CONVOY);
    await turnsUntil(terminal, /^. +\w+ main waits for the BQL, which cpu0 has$/m);
    await terminal.until(/^▸? +\w+ cpu0 takes its time, has the BQL$|^▸ .* cpu0 /m);
    terminal.keys('q');
    await terminal.until(/was left before its end/);
    await terminal.expectRestored();
  });

  test('shows the vCPU that waits for another to leave its program, and who waits behind it', async () => {
    const terminal = await watching('scenarios/threads/runs-alone.yaml');
    await turnsUntil(terminal, /^. +\w+ cpu1 waits for cpu0 to leave its program$/m);
    await turnsUntil(terminal, /^. +\w+ cpu0 waits for cpu1, which runs alone$/m);
    terminal.keys('Space');
    await terminal.until(/^ iteration \d+ {2}PASSED/m);
    terminal.keys('q');
    await terminal.expectRestored();
  });

  test('steps by the iterations of any thread, and shows no object of its own', async () => {
    const terminal = await watching(HOG, 80, 30);
    terminal.keys('s');
    await terminal.until(/^ iteration 0 {2}PAUSED before io1/m);
    terminal.keys('s');
    await terminal.until(/^. +\w+ io1 {2}asleep in ppoll$/m);
    await terminal.until(/^ iteration 0 {2}PAUSED before io0/m);
    terminal.keys('Space');
    await terminal.until(/^ iteration \d+ {2}PASSED/m);
    await terminal.until(/^ +\w+ main ended$/m);
    expect(terminal.screen()).toMatch(/ 1 {2}hog {12}ran in io0$/m);
    expect(terminal.screen()).not.toMatch(/\d {2}scenario_/);
    // The thread's clearing up is no part of the run.
    expect(terminal.screen()).not.toMatch(/qemu_bh_schedule +(quick|other)/);
    terminal.keys('?');
    await terminal.until(/^s \. +one iteration of any thread, then pause$/m);
    await terminal.until(/^Paused: simulated time stands still\.$/m);
    terminal.keys('q');
    terminal.keys('q');
    await terminal.expectRestored();
  });

  test('names the action in which a thread sleeps', async () => {
    const terminal = await watching(HOG);
    await turnsUntil(terminal, /^. +\w+ main in hold: io0 \(line \d+\), has the BQL$/m);
    terminal.keys('q');
    await terminal.expectRestored();
  });

  test('is the same as without the view', async () => {
    const traced = async (seed: number): Promise<string[]> => {
      const file = (name: string): string => join(dir, `${name}-${seed}.json`);
      await run(['run', '--seed', String(seed), '--trace-file', `json:${file('plain')}`, HOG]);
      const terminal = await watching(`--seed ${seed} --trace-file json:${file('watched')} ${HOG}`);
      for (let i = 0; i < 5; i++) {
        terminal.keys('t');
        await terminal.until(/PAUSED/);
      }
      terminal.keys('Space');
      await terminal.until(/PASSED/);
      terminal.keys('q');
      await terminal.expectRestored();
      return ['plain', 'watched'].map((name) => readFileSync(file(name), 'utf8'));
    };
    for (const seed of [1, 7]) {
      const [plain, watched] = await traced(seed);
      expect(watched).toBe(plain);
    }
  });

  test('fits 40 columns', async () => {
    const terminal = await watching(CONVOY, 40, 16);
    await terminal.until(/^── threads ─+\n.*\n.*main.*\n.*cpu0/m);
    await terminal.until(/^space s p t \+- \/ k q {2}\? help$/m);
    await terminal.until(/^ iteration 0 {2}PAUSED at cpu0 {2}\d+ ns$/m);
    await turnsUntil(terminal, /^. +\w+ main waits for cpu0's BQL$/m);
    expect(terminal.screen()).toMatch(/^ \d\.\d{9} main bql_lock waits for/m);
    expect(terminal.screen()).toMatch(/^last poll \d+ns/m);
    for (const line of terminal.screen().split('\n')) expect(line.length).toBeLessThanOrEqual(40);
    terminal.keys('Space');
    await terminal.until(/^ iteration \d+ {2}PASSED/m);
    terminal.keys('q');
    await terminal.expectRestored();
  });
});

test('a real run of several threads shows what they do, and cannot be stepped by turns', async () => {
  const terminal = await watching(`--host linux ${HOG}`);
  await terminal.until(/^ iteration \d+ {2}PASSED/m);
  await terminal.until(/^ +\w+ io0 {2}ended$/m);
  await terminal.until(/^io0: quick$/m);
  expect(terminal.screen()).not.toContain('t thread');
  terminal.keys('q');
  await terminal.expectRestored();
});
