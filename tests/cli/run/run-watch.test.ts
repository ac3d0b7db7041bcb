/** `qemu-loop run --watch`: the view of a scenario, on both hosts. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { statInProc } from '../../../src/host/linux/proc.ts';
import { root, run, stateOf, untilState, untilTrue } from '../../support/run.ts';
import { QL, shellTerminal, type Terminal, testDirectory } from '../../support/terminal.ts';
import { WatchTerminal } from '../../support/watch-terminal.ts';

const FILES = {
  // Two children, of which one is dead for a while before the loop goes round again.
  children: `name: two children
signals: {SIGCHLD: {siginfo: [code]}}
children: {a: {after: 10ms, exit: 3}, b: {}}
timers: {t: {do: [{log: tock}]}}
steps: [settle, {spawn: a}, {spawn: b}, {wait_for: 20ms}, step, step, {arm: {t: 5ms}}, step,
  {main_loop_wait: blocking}, {kill_child: {b: SIGKILL}}, run]
expect:
  order: ["SIGCHLD(code=CLD_EXITED)", mlw, a exited 3, mlw, mlw, t, tock, mlw,
    "SIGCHLD(code=CLD_KILLED)", b killed SIGKILL]
`,
  // The same without times that a busy machine could miss.
  real: `name: two children that are waited for
signals: {SIGCHLD: {siginfo: [code]}}
children: {a: {exit: 3}, b: {}}
timers: {t: {do: [{log: tock}, {kill_child: {b: SIGKILL}}]}}
steps: [settle, {spawn: a}, {main_loop_wait: blocking}, step, {spawn: b}, {arm: {t: 5ms}}, run]
expect:
  order: ["SIGCHLD(code=CLD_EXITED)", mlw, a exited 3, mlw, t, tock, "SIGCHLD(code=CLD_KILLED)",
    b killed SIGKILL]
`,
  polls: `name: polls in polls
drive: aio_poll
bottom_halves: {a: {do: [{schedule: b}, poll]}, b: {}}
fds: {e: {}}
steps: [{schedule: a}, {kick: e}, step, step]
expect: {order: [e, poll=1], iterations: 2}
`,
  alive: `name: one that lives
children: {a: {}}
timers: {t: {do: [{arm: {t: 20ms}}], do_runs: 1000000}}
steps: [{spawn: a}, {arm: {t: 20ms}}, run]
`,
  asleep: `name: one that sleeps
host: linux
children: {a: {command: "echo said by a; exec sleep 60"}}
steps: [settle, {spawn: a}, {main_loop_wait: blocking}]
`,
  deaf: `name: a busy loop
bottom_halves: {a: {do: [{schedule: a}, {cancel: b}]}, b: {do: [{cancel: a}]}}
steps: [{schedule: a}, run]
`,
};

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'watch-'));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(path(`${name}.yaml`), text);
});
afterAll(() => rmSync(dir, { recursive: true }));

const path = (name: string): string => join(dir, name);

function watching(args: string, columns = 80, rows = 24): Promise<WatchTerminal> {
  return WatchTerminal.open(`run --watch ${args}`, columns, rows);
}

/** The pid that the table of children has in a row. */
async function pidOf(terminal: Terminal, number: number): Promise<number> {
  return Number((await terminal.until(new RegExp(`^ {2}${number} \\S+ +(\\d+) `, 'm')))[1]);
}

/** Waits until a shell has become its last program, and so has written everything before. */
function untilExec(pid: number, program: string): Promise<void> {
  return untilTrue(() => readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith(program));
}

function parentOf(pid: number): number {
  return statInProc(pid)!.ppid;
}

describe('a simulated run', () => {
  test('waits before its first iteration, is stepped to its end, and stays until q', async () => {
    const terminal = await watching(path('children.yaml'));
    await terminal.until(/^ iteration 1 {2}PAUSED before the iteration {2}\d+ ns$/m);
    await terminal.until(/^ {2}0\.\d{9} aio_set_fd_handler/m);
    await terminal.until(
      /children: 0 of 2 not reaped ─+\n.*\n {2}1 waits .* a: after 10ms, exit 3\n/,
    );
    for (const phase of ['prepare', 'poll', 'check', 'dispatch', 'timers']) {
      terminal.keys('p');
      await terminal.until(new RegExp(`iteration 1 {2}PAUSED before ${phase}`));
    }
    for (const iteration of [2, 3, 4]) {
      terminal.keys('s');
      await terminal.until(new RegExp(`iteration ${iteration} {2}PAUSED before the iteration`));
    }
    terminal.keys('Space');
    await terminal.until(/^ iteration \d+ {2}PASSED/m);
    await terminal.until(/^── order log ─+\n(.*\n)*b killed SIGKILL\n/m);
    expect(terminal.isAlternate).toBe(true);
    terminal.keys('q');
    await terminal.until(/ok {3}two children [\s\S]* sim, [\s\S]*\n1 passed in .*\nstatus 0\n/);
    await terminal.expectRestored();
  });

  test("shows its children as the simulated kernel has them, and not the machine's", async () => {
    const terminal = await watching(path('children.yaml'));
    for (const iteration of [2, 3, 4]) {
      terminal.keys('s');
      await terminal.until(new RegExp(`iteration ${iteration} {2}PAUSED`));
    }
    await terminal.until(/^ {2}1 zombie +1001 +20ms /m);
    await terminal.until(/^ {2}2 running +1002 +20ms /m);
    await terminal.until(/^signals pending SIGCHLD /m);
    terminal.keys('s', 's');
    terminal.keys('Space');
    await terminal.until(/^ {2}1 exit 3 +1001 +20ms /m);
    await terminal.until(/^ {2}2 SIGKILL +1002 /m);
    terminal.keys('q');
    await terminal.expectRestored();
  });

  test('stands still before each coroutine that the steps enter outside of an iteration', async () => {
    const terminal = await watching(join(root, 'scenarios', 'co-queue-fairness.yaml'), 100, 40);
    await terminal.until(/^ iteration 0 {2}PAUSED before the coroutine/m);
    for (const entered of ['a', 'b', 'c', 'vip', 'waker']) {
      await terminal.until(new RegExp(`the thread enters ${entered}\\n\\s*space pause`));
      terminal.keys('s');
    }
    // Those that the last one has woken are entered from the steps too.
    await terminal.until(/^waker ends\n(.*\n)*.* the thread enters vip\n\s*space pause/m);
    terminal.keys('Space');
    await terminal.until(/^ iteration 0 {2}PASSED/m);
    terminal.keys('q');
    await terminal.expectRestored();
  });

  test('with drive: aio_poll, where an iteration is an aio_poll of the steps', async () => {
    const terminal = await watching(path('polls.yaml'), 100, 40);
    await terminal.until(/^ iteration 1 {2}PAUSED before the iteration/m);
    await terminal.until(/^last poll .* dispatch [^ ]+$/m);
    for (const phase of ['poll', 'dispatch']) {
      terminal.keys('p');
      await terminal.until(new RegExp(`iteration 1 {2}PAUSED before ${phase}`));
    }
    terminal.keys('p');
    await terminal.until(/iteration 2 {2}PAUSED before the iteration/);
    await terminal.until(/^nested\($/m);
    terminal.keys('Space');
    await terminal.until(/iteration 2 {2}FAILED: the order log is not as expected/);
    terminal.keys('q');
    await terminal.until(/status 1\n/);
    await terminal.expectRestored();
  });

  test('is the same as without: the trace byte for byte, and the order log with its times', async () => {
    const [watched, plain] = [path('watched.json'), path('plain.json')];
    const { stdout } = await run(['run', '--trace-file', `json:${plain}`, path('polls.yaml')]);
    const terminal = await watching(`--trace-file json:${watched} ${path('polls.yaml')}`, 100, 40);
    terminal.keys('p');
    await terminal.until(/PAUSED before poll/);
    terminal.keys('Tab', 'Tab', 'Tab', '-');
    await terminal.until(/^only bottom halves/m);
    terminal.resize(90, 40);
    await terminal.until(/^── bottom halves ─{73}$/m);
    terminal.keys('Space');
    await terminal.until(/FAILED/);
    terminal.keys('q');
    await terminal.expectRestored();
    expect(readFileSync(watched, 'utf8')).toBe(readFileSync(plain, 'utf8'));
    const entries = (text: string): string[] => text.match(/^ {7}[ +-] \S.*\d+ns {2}#\d+$/gm) ?? [];
    expect(entries(stdout).length).toBeGreaterThan(5);
    expect(entries(terminal.screen())).toEqual(entries(stdout));
  });

  test('is the same as without, even with children, timers, and signals being watched', async () => {
    const [watched, plain] = [path('watched2.json'), path('plain2.json')];
    await run(['run', '--trace-file', `json:${plain}`, path('children.yaml')]);
    const terminal = await watching(
      `--trace-file json:${watched} ${path('children.yaml')}`,
      100,
      40,
    );
    for (const iteration of [2, 3, 4, 5, 6]) {
      terminal.keys('s');
      await terminal.until(new RegExp(`iteration ${iteration} {2}PAUSED`));
    }
    await terminal.until(/^ .* t +in 5ms, realtime$/m);
    terminal.keys('Space');
    await terminal.until(/PASSED/);
    terminal.keys('q');
    await terminal.expectRestored();
    expect(readFileSync(watched, 'utf8')).toBe(readFileSync(plain, 'utf8'));
  });

  test('goes on at full speed, and keys still count', async () => {
    const terminal = await watching(path('deaf.yaml'));
    terminal.keys('Space');
    await terminal.until(/iteration \d{4,} {2}running/);
    terminal.keys('Space');
    await terminal.until(/PAUSED/);
    terminal.keys('q');
    await terminal.until(/deaf\.yaml was left before its end\nstatus 130/);
    await terminal.expectRestored();
  });

  test('a child killed by its number dies at once, without taking time of the run', async () => {
    const terminal = await watching(path('alive.yaml'));
    terminal.keys('s');
    await terminal.until(/iteration 2 {2}PAUSED .* 20 ns$/m);
    terminal.keys('k', '7', 'Enter');
    await terminal.until(/there is no child 7/);
    terminal.keys('k', '1', 'Enter');
    await terminal.until(/SIGTERM sent to child 1/);
    await terminal.until(/^ {2}1 zombie/m);
    await terminal.until(/iteration 2 {2}PAUSED .* 20 ns$/m);
    terminal.keys('Space');
    await terminal.until(/^ {2}1 SIGTERM/m);
    terminal.keys('k', '1', 'Enter');
    await terminal.until(/child 1 does not run/);
    terminal.keys('C-c');
    await terminal.until(/alive\.yaml was left before its end\nstatus 130/);
    await terminal.expectRestored();
  });

  test('at 40 by 12, and wider while it is paused', async () => {
    const terminal = await watching(path('children.yaml'), 40, 12);
    const lines = terminal.screen().split('\n');
    expect(lines.filter((line) => line.length > 40)).toEqual([]);
    expect(lines[0]).toMatch(/^ iteration 1 {2}PAUSED/);
    expect(lines[11]).toMatch(/\? help/);
    terminal.resize(100, 30);
    await terminal.until(/^── order log ─{87}$/m);
    terminal.keys('?');
    await terminal.until(/^q {8}end the run, and leave/m);
    terminal.keys('x', 'q');
    await terminal.expectRestored();
  });

  test('x explains the marked event, and names it in QEMU and here', async () => {
    const terminal = await watching(join(root, 'scenarios', 'sigchld.yaml'), 80, 24);
    terminal.keys('x');
    await terminal.until(/^── why ─+\nThere is no event yet\.$|^── why: /m);
    terminal.keys('Space');
    await terminal.until(/iteration \d+ {2}PASSED/);
    await terminal.until(/▸.* poll_add .*\n── what: poll_add ─+\na handler that fired/);
    terminal.keys('Up');
    await terminal.until(/▸.* waitpid .*\n── why: waitpid ─+\nA dead child keeps/);
    await terminal.until(/^QEMU 7\.2: sigchld_bh_handler, util\/iohandler\.c.* here:$/m);
    terminal.keys('Up');
    await terminal.until(/▸.* sigchld_bh_handler .*\n── why: sigchld_bh_handler ─+\nIt asks until/);
    terminal.keys('x');
    await terminal.untilGone(/── why/);
    terminal.keys('q');
    await terminal.expectRestored();
  });

  test.each(['SIGSEGV', 'SIGKILL', 'SIGTERM'] as const)(
    'by %s: the terminal is put right',
    async (name) => {
      const terminal = await watching(path('children.yaml'));
      process.kill(terminal.commandPid, name);
      await terminal.expectRestoredByOthers();
    },
  );
});

describe('a real run', () => {
  test('runs at once, in the same order as without, and its children’s output comes after', async () => {
    const args = ['run', '--json', '--host', 'linux', path('real.yaml')];
    const order: string[] = JSON.parse(
      (await run(args)).stdout.split('\n')[0]!,
    ).results[0].order.map((entry: { text: string }) => entry.text);
    const terminal = await watching(`--host linux ${path('real.yaml')}`, 100, 40);
    await terminal.until(/iteration \d+ {2}PASSED/);
    const shown = await terminal.until(/── order log ─+\n([\s\S]*?)\n+── events/);
    expect(shown[1]!.split('\n')).toEqual(order);
    terminal.keys('q');
    await terminal.until(
      /ok {3}two children that are waited for [\s\S]* linux, [\s\S]*\n1 passed in .*\nstatus 0\n/,
    );
    await terminal.expectRestored();
  });

  test('in a wait without end the keys count, and Ctrl-C ends it and its children', async () => {
    const terminal = await watching(path('asleep.yaml'));
    const pid = await pidOf(terminal, 1);
    await untilExec(pid, 'sleep');
    await terminal.until(/iteration 4 {2}running/);
    terminal.resize(60, 20);
    await terminal.until(/^── events ─{50}$/m);
    await terminal.until(/iteration 4 {2}running/);
    terminal.keys('C-c');
    await terminal.until(/said by a\nqemu-loop: (.*\n)+status 130/);
    await terminal.expectRestored();
    expect(stateOf(pid)).toBeUndefined();
  });

  test('pauses, steps phases and iterations, and a child that dies meanwhile is a zombie', async () => {
    const terminal = await watching(`--host linux ${path('alive.yaml')}`);
    await terminal.until(/iteration \d+ {2}running/);
    terminal.keys('Space');
    const at = Number((await terminal.until(/iteration (\d+) {2}PAUSED before the iteration/))[1]);
    for (const phase of ['prepare', 'poll', 'check', 'dispatch', 'timers']) {
      terminal.keys('p');
      await terminal.until(new RegExp(`iteration ${at} {2}PAUSED before ${phase}`));
    }
    terminal.keys('s');
    await terminal.until(new RegExp(`iteration ${at + 1} {2}PAUSED before the iteration`));
    terminal.keys('k', '1', '!');
    await terminal.until(/^ {2}1 zombie/m);
    terminal.keys('Space');
    await terminal.until(/^ {2}1 SIGKILL/m);
    terminal.keys('q');
    await terminal.expectRestored();
  });

  test('whose process is killed ends with its children, and has failed', async () => {
    const terminal = await watching(path('asleep.yaml'));
    const child = await pidOf(terminal, 1);
    process.kill(parentOf(child), 'SIGKILL');
    await terminal.until(/status 3/);
    await untilState(child, 'Z');
    await terminal.expectRestored();
  });

  test('whose process is killed says so on the terminal as it was before', async () => {
    const dir = testDirectory();
    const slow = '#!/bin/sh\n[ "$1" = -g ] || sleep 0.3\nPATH=/usr/bin:/bin exec stty "$@"\n';
    writeFileSync(join(dir, 'stty'), slow, { mode: 0o755 });
    const terminal = shellTerminal(80, 24);
    const run = `PATH=${dir}:$PATH ${QL} run --watch ${path('asleep.yaml')}`;
    terminal.line(`${run}; echo status $?`);
    const child = await pidOf(terminal, 1);
    process.kill(parentOf(child), 'SIGKILL');
    await terminal.until(/killed by SIGKILL(.*\n)*status 3/);
    expect(terminal.isAlternate).toBe(false);
  });

  test('whose starter is killed ends with its children', async () => {
    const terminal = await watching(path('asleep.yaml'));
    const child = await pidOf(terminal, 1);
    const worker = parentOf(child);
    process.kill(terminal.commandPid, 'SIGKILL');
    await untilState(worker, 'Z');
    expect(stateOf(child)).toBeUndefined();
    await terminal.expectRestoredByOthers();
  });

  test('whose terminal goes away ends with its children', async () => {
    const terminal = await watching(path('asleep.yaml'));
    const child = await pidOf(terminal, 1);
    terminal.hangUp();
    await untilState(child, 'Z');
  });

  test('Ctrl-Z gives the shell its prompt, fg draws anew, and the wait goes on', async () => {
    const terminal = await watching(path('asleep.yaml'));
    await terminal.until(/iteration 4 {2}running/);
    terminal.keys('C-z');
    await terminal.until(/Stopped/);
    expect(terminal.isAlternate).toBe(false);
    terminal.line('fg');
    const age = (await terminal.until(/iteration 4 {2}running {2}(.*)/))[1]!;
    await terminal.untilGone(new RegExp(`running {2}${age}`));
    await terminal.until(/iteration 4 {2}running/);
    await terminal.until(/^signals pending none · read none/m);
    terminal.keys('q');
    await terminal.until(/asleep\.yaml was left/);
    expect(terminal.isAlternate).toBe(false);
  });

  test('before it begins, if it is in the background', async () => {
    const terminal = shellTerminal(80, 24);
    terminal.line(`${QL} run --watch ${path('asleep.yaml')} & wait $!; echo status $?`);
    await terminal.until(/start it in the foreground\n(.*\n)*status 2/);
  });
});

describe('an impossible command line', () => {
  test.each([
    [
      ['--reporter', 'tap'],
      '--watch and the reporter tap exclude each other: the reporter is pretty with it (see qemu-loop run --help)',
    ],
    [
      ['--json'],
      '--watch and the reporter json exclude each other: the reporter is pretty with it (see qemu-loop run --help)',
    ],
    [['--jobs', '2'], '--watch shows one run: leave --jobs out (see qemu-loop run --help)'],
    [
      ['--timeout', '5s'],
      '--watch has no time limit: leave --timeout out, q ends the run (see qemu-loop run --help)',
    ],
    [
      [],
      '--watch needs a terminal, and stdin and stdout are not one: leave --watch out for the log',
    ],
  ])('%j', async (args, message) => {
    const ended = await run(['run', '--watch', ...args, path('alive.yaml')]);
    expect(ended).toMatchObject({ status: 2, stdout: '', stderr: `qemu-loop: ${message}\n` });
  });

  test('more than one run', async () => {
    const terminal = shellTerminal(100, 24);
    terminal.line(`${QL} run --watch --host both ${path('alive.yaml')}; echo status $?`);
    await terminal.until(
      /--watch shows one run, and there are 2: name one file, .*\n(.*\n)*status 2/,
    );
  });
});
