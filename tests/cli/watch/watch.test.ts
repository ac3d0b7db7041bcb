import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run, untilState } from '../../support/run.ts';
import { QL, shellTerminal, type Terminal, testDirectory } from '../../support/terminal.ts';
import { WatchTerminal } from '../../support/watch-terminal.ts';

const TICKS = "--spawn 'while :; do echo tick; sleep 0.05; done'";

const ITERATION = /iteration (\d+)/;

/** A terminal on which qemu-loop --watch runs, after its first frame. */
function watching(args: string, columns = 80, rows = 24): Promise<WatchTerminal> {
  return WatchTerminal.open(`--watch ${args}`, columns, rows);
}

const expectRestored = (terminal: WatchTerminal): Promise<void> => terminal.expectRestored();

async function iteration(terminal: Terminal): Promise<number> {
  return Number((await terminal.until(ITERATION))[1]);
}

/** Pauses, and returns the iteration before which the loop stopped. */
async function pause(terminal: Terminal): Promise<number> {
  terminal.keys('Space');
  await terminal.until(/PAUSED before the iteration/);
  return iteration(terminal);
}

describe('--watch shows', () => {
  test('at 80 by 24: header, children, tables, output, events and keys', async () => {
    const terminal = await watching(`${TICKS} --spawn 'exit 3'`);
    await terminal.until(/2 exit 3/);
    await terminal.until(/\[1\] tick/);
    const lines = terminal.screen().split('\n').slice(0, 24);
    expect(lines[0]).toMatch(/^ iteration \d+ {2}running {2}.* \(view's own \d+\)/);
    expect(lines[1]).toMatch(/^last prepare .* poll .* check .* dispatch .* timers /);
    expect(lines[3]).toMatch(/^signals pending .*read SIGCHLD 1 · reaped 1 · coalesced 0/);
    expect(lines[4]).toMatch(/^── children: 1 of 2 not reaped ─+$/);
    expect(lines.join('\n')).toMatch(/signalfd +│ +\d+ {2}sigchld_bh/);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines[23]).toMatch(/space pause .* q quit/);
    terminal.keys('q');
    await expectRestored(terminal);
  });

  test('at 40 by 12: the same in less, and by Tab each part alone', async () => {
    const terminal = await watching(TICKS, 40, 12);
    const lines = terminal.screen().split('\n');
    expect(lines.filter((line) => line.length > 40)).toEqual([]);
    expect(lines[11]).toMatch(/\? help/);
    for (const part of ['children', 'file desc', 'bottom halves', 'timers', 'output', 'events']) {
      terminal.keys('Tab');
      await terminal.until(new RegExp(`^── ${part}`, 'm'));
      await terminal.until(/^only /m);
    }
    terminal.keys('Escape');
    await terminal.untilGone(/^only /m);
    terminal.keys('q');
    await expectRestored(terminal);
  });

  test('a terminal of another size from the next frame on, also while paused', async () => {
    const terminal = await watching(TICKS);
    terminal.resize(120, 40);
    await terminal.until(/^── events ─{100,}$/m);
    await pause(terminal);
    terminal.resize(40, 10);
    await terminal.until(/^── events ─{30}$/m);
    terminal.keys('Space', 'q');
    await expectRestored(terminal);
  });

  test('only lines with the filter', async () => {
    const terminal = await watching(`${TICKS} --spawn 'echo needle; sleep 60'`);
    terminal.keys('/', 'N', 'e', 'e', 'd', 'x', 'Backspace', 'Enter');
    await terminal.until(/output with 'Need' ─+\n\[2\] needle\n\n*──/);
    await terminal.until(/filter 'Need'/);
    terminal.keys('Escape');
    await terminal.until(/\[1\] tick/);
    terminal.keys('q');
    await expectRestored(terminal);
  });

  test('the part scrolled to: tables from their top, output back from its end', async () => {
    const others = Array.from({ length: 8 }, () => "--spawn 'sleep 60'");
    const terminal = await watching(`--spawn 'seq 20; sleep 60' ${others.join(' ')}`, 80, 12);
    terminal.keys('Tab');
    await terminal.until(/^ {2}1 (.*\n)*only children/m);
    terminal.keys('Down', 'Down', 'Up');
    await terminal.until(/command\n {2}2 /);
    terminal.keys('End');
    await terminal.until(/^ {2}9 .*\nonly children/m);
    terminal.keys('Up');
    await terminal.until(/^ {2}8 .*\nonly children/m);
    terminal.keys('BackTab', 'BackTab', 'BackTab', 'Home');
    await terminal.until(/^── output ─+\n\[1\] 1$/m);
    terminal.keys('Down');
    await terminal.until(/^── output ─+\n\[1\] 2$/m);
    terminal.keys('q');
    await expectRestored(terminal);
  });

  test('help', async () => {
    const terminal = await watching(TICKS);
    terminal.keys('?');
    await terminal.until(/^p {8}up to the next phase/m);
    terminal.keys('x');
    await terminal.untilGone(/up to the next phase/);
    terminal.keys('q');
    await expectRestored(terminal);
  });
});

describe('--watch sets the pace', () => {
  test('a pause freezes the iterations, a step makes one, and the loop goes on', async () => {
    const terminal = await watching(TICKS);
    const at = await pause(terminal);
    // The ages go on: a frame that was drawn later has the same iteration.
    const age = (await terminal.until(/iteration .* ([\d.]+) s /))[1]!;
    await terminal.untilGone(new RegExp(`iteration .* ${age.replace('.', '\\.')} s `));
    expect(await iteration(terminal)).toBe(at);
    terminal.keys('s');
    await terminal.until(new RegExp(`iteration ${at + 1} +PAUSED`));
    terminal.keys('.');
    await terminal.until(new RegExp(`iteration ${at + 2} +PAUSED`));
    terminal.keys('Space');
    await terminal.until(/running/);
    terminal.keys('q');
    await expectRestored(terminal);
  });

  test('a step of a phase stops before each, in their order', async () => {
    const terminal = await watching(TICKS);
    const at = await pause(terminal);
    for (const phase of ['prepare', 'poll', 'check', 'dispatch', 'timers']) {
      terminal.keys('p');
      await terminal.until(new RegExp(`iteration ${at} +PAUSED before ${phase}`));
    }
    terminal.keys('p');
    await terminal.until(new RegExp(`iteration ${at + 1} +PAUSED before the iteration`));
    terminal.keys('Space', 'q');
    await expectRestored(terminal);
  });

  test('slow motion, and back', async () => {
    const terminal = await watching(TICKS);
    terminal.keys('-');
    await terminal.until(/slow 20 ms a phase/);
    terminal.keys('+');
    await terminal.until(/running/);
    terminal.keys('q');
    await expectRestored(terminal);
  });

  test('a child that dies while the loop is paused is a zombie until it goes on', async () => {
    const terminal = await watching(`--spawn 'read x < /dev/zero' --spawn 'sleep 60'`);
    await pause(terminal);
    terminal.keys('k', '2', '!');
    await terminal.until(/^ {2}2 zombie/m);
    terminal.keys('Space');
    await terminal.until(/^ {2}2 SIGKILL/m);
    terminal.keys('q');
    await expectRestored(terminal);
  });
});

describe('--watch ends', () => {
  test('a child by its number', async () => {
    const terminal = await watching(`${TICKS} --spawn 'sleep 60'`);
    terminal.keys('k', '2', 'Enter');
    await terminal.until(/SIGTERM sent to child 2/);
    await terminal.until(/^ {2}2 SIGTERM/m);
    terminal.keys('q');
    await expectRestored(terminal);
  });

  test('by q: SIGTERM, and at the second SIGKILL', async () => {
    const terminal = await watching(
      `--spawn 'trap "" TERM; echo deaf; while :; do sleep 0.05; done'`,
    );
    await terminal.until(/\[1\] deaf/);
    terminal.keys('q');
    await terminal.until(/QUITTING/);
    terminal.keys('q');
    await terminal.until(/status 137/);
    await expectRestored(terminal);
  });

  test('by q twice, including processes left behind and adopted', async () => {
    const deaf = 'while :; do sleep 0.05; done';
    const terminal = await watching(`-s --grace 1h --spawn 'trap "" TERM; (${deaf}) & exit 3'`);
    await terminal.until(/SIGTERM to 1 process left behind/);
    terminal.keys('q');
    await terminal.until(/QUITTING: q kills/);
    terminal.keys('q');
    await terminal.until(/status 3/);
    await expectRestored(terminal);
  });

  test('when all have ended, by q: the summary is on the screen, and the status is theirs', async () => {
    const terminal = await watching("--spawn 'exit 3'");
    await terminal.until(/ALL ENDED/);
    terminal.keys('q');
    await terminal.until(/status 3\n/);
    expect(terminal.screen()).toMatch(/\[1\] exit 3 after/);
    await expectRestored(terminal);
  });

  test('after the past was looked at: b and g go back, s on, and space to the end', async () => {
    const go = join(testDirectory(), 'go');
    const waits = `until [ -e ${go} ]; do sleep 0.02; done`;
    const terminal = await watching(`--spawn 'echo said; ${waits}; echo more; exit 3'`);
    await terminal.until(/^\[1\] said/m);
    writeFileSync(go, '');
    await terminal.until(/ALL ENDED/);
    terminal.keys('b');
    await terminal.until(/PAUSED before the iteration/);
    const there = await iteration(terminal);
    const screen = terminal.screen();
    terminal.keys('B');
    await terminal.until(new RegExp(`iteration (?!${there} )\\d+ {2}PAUSED`));
    terminal.keys('g', ...String(there), 'Enter');
    await terminal.until(new RegExp(`iteration ${there} {2}PAUSED`));
    expect(terminal.screen()).toBe(screen);
    terminal.keys('g', '1', 'Enter');
    await terminal.until(/iteration 1 {2}PAUSED/);
    expect(terminal.screen()).not.toMatch(/exit 3 /);
    expect(terminal.screen()).not.toMatch(/^\[1\] said/m);
    terminal.keys('p');
    await terminal.until(/this has been: s steps on/);
    terminal.keys('s');
    await terminal.until(/iteration (?!1 )\d+ {2}PAUSED/);
    terminal.keys('Space');
    await terminal.until(/ALL ENDED/);
    terminal.keys('q');
    await terminal.until(/status 3\n/);
    await expectRestored(terminal);
  });

  test('by --timeout, without anybody there', async () => {
    const terminal = shellTerminal(80, 24);
    terminal.line(`${QL} --watch --timeout 200ms --spawn 'sleep 60'; echo status $?`);
    await terminal.until(/status 124/);
    expect(terminal.isAlternate).toBe(false);
  });

  test.each([
    ['TERM', 'native'],
    ['INT', 'native'],
    ['HUP', 'native'],
    ['TERM', 'compat'],
  ])('by SIG%s from outside, also while paused: %s', async (name, sigfd) => {
    const terminal = await watching(`--sigfd ${sigfd} --spawn 'exec sleep 60'`);
    const pid = terminal.commandPid;
    await pause(terminal);
    process.kill(pid, `SIG${name}`);
    await terminal.until(/status 1\d\d/);
    await expectRestored(terminal);
  });

  test.each(['SEGV', 'KILL'])('by SIG%s of ours: the terminal is put right', async (name) => {
    const terminal = await watching(`--pdeathsig KILL --spawn 'exec sleep 60'`);
    const pid = terminal.commandPid;
    const child = Number((await terminal.until(/^ {2}1 \S+ +(\d+)\D/m))[1]);
    process.kill(pid, `SIG${name}`);
    await untilState(pid, 'Z');
    await untilState(child, 'Z');
    await terminal.expectRestoredByOthers();
  });

  test('when its terminal goes away, and the children with it', async () => {
    const terminal = await watching("--spawn 'exec sleep 60'");
    const pid = terminal.commandPid;
    const child = Number((await terminal.until(/^ {2}1 \S+ +(\d+)\D/m))[1]);
    await pause(terminal);
    terminal.hangUp();
    await untilState(pid, 'Z');
    await untilState(child, 'Z');
  });

  test('at once if a child cannot be started, and says why', async () => {
    const terminal = shellTerminal(80, 24);
    terminal.line(`${QL} --watch -- /nowhere/at-all; echo status $?`);
    await terminal.until(/cannot run \/nowhere\/at-all: (.*\n)+status 127/);
    expect(terminal.isAlternate).toBe(false);
  });

  test('before it begins, if it is in the background', async () => {
    const terminal = shellTerminal(80, 24);
    terminal.line(`${QL} --watch --spawn 'echo ran' & wait $!; echo status $?`);
    await terminal.until(/start it in the foreground\n(.*\n)*status 2/);
  });

  test('Ctrl-Z gives the shell its prompt, and fg draws anew', async () => {
    const terminal = await watching(TICKS);
    terminal.keys('C-z');
    await terminal.until(/Stopped/);
    expect(terminal.isAlternate).toBe(false);
    terminal.line('fg');
    await terminal.until(/^── events/m);
    terminal.keys('q');
    await terminal.until(/exit status 143.*\n\$/);
    expect(terminal.isAlternate).toBe(false);
  });
});

test('without a terminal --watch says so, and runs nothing', async () => {
  const { status, stdout, stderr } = await run(['--watch', '--spawn', 'echo ran']);
  expect(stderr).toBe(
    'qemu-loop: --watch needs a terminal, and stdin and stdout are not one: leave --watch out for the log\n',
  );
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
});
