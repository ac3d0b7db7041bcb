import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { run, untilState } from '../support/run.ts';
import { needTmux, Tmux } from '../support/tmux.ts';
import { QL, WatchTerminal } from '../support/watch-terminal.ts';

const TICKS = "--spawn 'while :; do echo tick; sleep 0.05; done'";
beforeAll(needTmux);

const ITERATION = /iteration (\d+)/;

/** A terminal on which qemu-loop --watch runs, and has drawn. */
function watching(args: string, columns = 80, rows = 24): Promise<WatchTerminal> {
  return WatchTerminal.open(`--watch ${args}`, columns, rows);
}

const expectRestored = (tmux: WatchTerminal): Promise<void> => tmux.expectRestored();

async function iteration(tmux: Tmux): Promise<number> {
  return Number((await tmux.until(ITERATION))[1]);
}

/** Pauses, and returns the iteration that the loop stands before. */
async function pause(tmux: Tmux): Promise<number> {
  await tmux.keys('Space');
  await tmux.until(/PAUSED before the iteration/);
  return iteration(tmux);
}

describe('--watch shows', () => {
  test('at 80 by 24: header, children, tables, output, events and keys', async () => {
    const tmux = await watching(`${TICKS} --spawn 'exit 3'`);
    await tmux.until(/2 exit 3/);
    await tmux.until(/\[1\] tick/);
    const lines = (await tmux.screen()).split('\n').slice(0, 24);
    expect(lines[0]).toMatch(/^ iteration \d+ {2}running {2}.* \(view's own \d+\)/);
    expect(lines[1]).toMatch(/^last prepare .* poll .* check .* dispatch .* timers /);
    expect(lines[3]).toMatch(/^signals pending .*read SIGCHLD 1 · reaped 1 · coalesced 0/);
    expect(lines[4]).toMatch(/^── children: 1 of 2 not reaped ─+$/);
    expect(lines.join('\n')).toMatch(/signalfd +│ +\d+ {2}sigchld_bh/);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines[23]).toMatch(/space pause .* q quit/);
    await tmux.keys('q');
    await expectRestored(tmux);
  });

  test('at 40 by 12: the same in less, and by Tab each part alone', async () => {
    const tmux = await watching(TICKS, 40, 12);
    const lines = (await tmux.screen()).split('\n');
    expect(lines.filter((line) => line.length > 40)).toEqual([]);
    expect(lines[11]).toMatch(/\? help/);
    for (const part of ['children', 'file desc', 'bottom halves', 'timers', 'output', 'events']) {
      await tmux.keys('Tab');
      await tmux.until(new RegExp(`^── ${part}`, 'm'));
      await tmux.until(/^only /m);
    }
    await tmux.keys('Escape');
    await tmux.untilGone(/^only /m);
    await tmux.keys('q');
    await expectRestored(tmux);
  });

  test('a terminal of another size from the next frame on, also while paused', async () => {
    const tmux = await watching(TICKS);
    await tmux.resize(120, 40);
    await tmux.until(/^── events ─{100,}$/m);
    await pause(tmux);
    await tmux.resize(40, 10);
    await tmux.until(/^── events ─{30}$/m);
    await tmux.keys('Space', 'q');
    await expectRestored(tmux);
  });

  test('only lines with the filter', async () => {
    const tmux = await watching(`${TICKS} --spawn 'echo needle; sleep 60'`);
    await tmux.keys('/', 'N', 'e', 'e', 'd', 'x', 'BSpace', 'Enter');
    await tmux.until(/output with 'Need' ─+\n\[2\] needle\n\n*──/);
    await tmux.until(/filter 'Need'/);
    await tmux.keys('Escape');
    await tmux.until(/\[1\] tick/);
    await tmux.keys('q');
    await expectRestored(tmux);
  });

  test('what is scrolled to: tables from their top, output back from its end', async () => {
    const others = Array.from({ length: 8 }, () => "--spawn 'sleep 60'");
    const tmux = await watching(`--spawn 'seq 20; sleep 60' ${others.join(' ')}`, 80, 12);
    await tmux.keys('Tab');
    await tmux.until(/^ {2}1 (.*\n)*only children/m);
    await tmux.keys('Down', 'Down', 'Up');
    await tmux.until(/command\n {2}2 /);
    await tmux.keys('End');
    await tmux.until(/^ {2}9 .*\nonly children/m);
    await tmux.keys('Up');
    await tmux.until(/^ {2}8 .*\nonly children/m);
    await tmux.keys('BTab', 'BTab', 'BTab', 'Home');
    await tmux.until(/^── output ─+\n\[1\] 1$/m);
    await tmux.keys('Down');
    await tmux.until(/^── output ─+\n\[1\] 2$/m);
    await tmux.keys('q');
    await expectRestored(tmux);
  });

  test('help', async () => {
    const tmux = await watching(TICKS);
    await tmux.keys('?');
    await tmux.until(/^p {8}up to the next phase/m);
    await tmux.keys('x');
    await tmux.untilGone(/up to the next phase/);
    await tmux.keys('q');
    await expectRestored(tmux);
  });
});

describe('--watch sets the pace', () => {
  test('a pause freezes the iterations, a step makes one, and the loop goes on', async () => {
    const tmux = await watching(TICKS);
    const at = await pause(tmux);
    // The ages go on: a frame that was drawn later has the same iteration.
    const age = (await tmux.until(/iteration .* ([\d.]+) s /))[1]!;
    await tmux.untilGone(new RegExp(`iteration .* ${age.replace('.', '\\.')} s `));
    expect(await iteration(tmux)).toBe(at);
    await tmux.keys('s');
    await tmux.until(new RegExp(`iteration ${at + 1} +PAUSED`));
    await tmux.keys('.');
    await tmux.until(new RegExp(`iteration ${at + 2} +PAUSED`));
    await tmux.keys('Space');
    await tmux.until(/running/);
    await tmux.keys('q');
    await expectRestored(tmux);
  });

  test('a step of a phase stops before each, in their order', async () => {
    const tmux = await watching(TICKS);
    const at = await pause(tmux);
    for (const phase of ['prepare', 'poll', 'check', 'dispatch', 'timers']) {
      await tmux.keys('p');
      await tmux.until(new RegExp(`iteration ${at} +PAUSED before ${phase}`));
    }
    await tmux.keys('p');
    await tmux.until(new RegExp(`iteration ${at + 1} +PAUSED before the iteration`));
    await tmux.keys('Space', 'q');
    await expectRestored(tmux);
  });

  test('slow motion, and back', async () => {
    const tmux = await watching(TICKS);
    await tmux.keys('-');
    await tmux.until(/slow 20 ms a phase/);
    await tmux.keys('+');
    await tmux.until(/running/);
    await tmux.keys('q');
    await expectRestored(tmux);
  });

  test('a child that dies while the loop is paused is a zombie until it goes on', async () => {
    const tmux = await watching(`--spawn 'read x < /dev/zero' --spawn 'sleep 60'`);
    await pause(tmux);
    await tmux.keys('k', '2', '!');
    await tmux.until(/^ {2}2 zombie/m);
    await tmux.keys('Space');
    await tmux.until(/^ {2}2 SIGKILL/m);
    await tmux.keys('q');
    await expectRestored(tmux);
  });
});

describe('--watch ends', () => {
  test('a child by its number', async () => {
    const tmux = await watching(`${TICKS} --spawn 'sleep 60'`);
    await tmux.keys('k', '2', 'Enter');
    await tmux.until(/SIGTERM sent to child 2/);
    await tmux.until(/^ {2}2 SIGTERM/m);
    await tmux.keys('q');
    await expectRestored(tmux);
  });

  test('by q: SIGTERM, and at the second SIGKILL', async () => {
    const tmux = await watching(`--spawn 'trap "" TERM; echo deaf; while :; do sleep 0.05; done'`);
    await tmux.until(/\[1\] deaf/);
    await tmux.keys('q');
    await tmux.until(/QUITTING/);
    await tmux.keys('q');
    await tmux.until(/status 137/);
    await expectRestored(tmux);
  });

  test('by q twice, those too that were left behind and adopted', async () => {
    const deaf = 'while :; do sleep 0.05; done';
    const tmux = await watching(`-s --grace 1h --spawn 'trap "" TERM; (${deaf}) & exit 3'`);
    await tmux.until(/SIGTERM to 1 process left behind/);
    await tmux.keys('q');
    await tmux.until(/QUITTING: q kills/);
    await tmux.keys('q');
    await tmux.until(/status 3/);
    await expectRestored(tmux);
  });

  test('when all have ended, by q: the summary stands on the screen, and the status is theirs', async () => {
    const tmux = await watching("--spawn 'exit 3'");
    await tmux.until(/ALL ENDED/);
    await tmux.keys('q');
    await tmux.until(/status 3\n/);
    expect(await tmux.screen()).toMatch(/\[1\] exit 3 after/);
    await expectRestored(tmux);
  });

  test('by --timeout, without anybody there', async () => {
    const tmux = new Tmux(80, 24);
    await tmux.line(`${QL} --watch --timeout 200ms --spawn 'sleep 60'; echo status $?`);
    await tmux.until(/status 124/);
    expect(await tmux.isAlternate()).toBe(false);
  });

  test.each([
    ['TERM', 'native'],
    ['INT', 'native'],
    ['HUP', 'native'],
    ['TERM', 'compat'],
  ])('by SIG%s from outside, also while paused: %s', async (name, sigfd) => {
    const tmux = await watching(`--sigfd ${sigfd} --spawn 'while :; do sleep 0.05; done'`);
    const pid = tmux.pid;
    await pause(tmux);
    execFileSync('kill', [`-${name}`, String(pid)]);
    await tmux.until(/status 1\d\d/);
    await expectRestored(tmux);
  });

  test.each(['SEGV', 'KILL'])('by SIG%s of ours: the terminal is put right', async (name) => {
    const tmux = await watching(`--pdeathsig KILL --spawn 'exec sleep 60'`);
    const pid = tmux.pid;
    const child = Number((await tmux.until(/^ {2}1 \S+ +(\d+)/m))[1]);
    execFileSync('kill', [`-${name}`, String(pid)]);
    await untilState(pid, 'Z');
    process.kill(child, 'SIGKILL');
    await tmux.expectRestoredByOthers();
  });

  test('when its terminal goes away, and the children with it', async () => {
    const tmux = await watching("--spawn 'exec sleep 60'");
    const pid = tmux.pid;
    const child = Number((await tmux.until(/^ {2}1 \S+ +(\d+)/m))[1]);
    await pause(tmux);
    tmux.close();
    await untilState(pid, 'Z');
    await untilState(child, 'Z');
  });

  test('at once where a child cannot be started, and says why', async () => {
    const tmux = new Tmux(80, 24);
    await tmux.line(`${QL} --watch -- /nowhere/at-all; echo status $?`);
    await tmux.until(/cannot run \/nowhere\/at-all: (.*\n)+status 127/);
    expect(await tmux.isAlternate()).toBe(false);
  });

  test('before it begins, where it is in the background', async () => {
    const tmux = new Tmux(80, 24);
    await tmux.line(`${QL} --watch --spawn 'echo ran' & wait $!; echo status $?`);
    await tmux.until(/start it in the foreground\n(.*\n)*status 2/);
  });

  test('Ctrl-Z gives the shell its prompt, and fg draws anew', async () => {
    const tmux = await watching(TICKS);
    await tmux.keys('C-z');
    await tmux.until(/Stopped/);
    expect(await tmux.isAlternate()).toBe(false);
    await tmux.line('fg');
    await tmux.until(/^── events/m);
    await tmux.keys('q');
    await tmux.until(/exit status 143.*\n\$/);
    expect(await tmux.isAlternate()).toBe(false);
  });
});

test('without a terminal --watch says so, and runs nothing', async () => {
  const { status, stdout, stderr } = await run(['--watch', '--spawn', 'echo ran']);
  expect(stderr).toBe(
    'qemu-loop: --watch needs a terminal, and stdin and stdout are not one: leave --watch out for the log\n',
  );
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
});
