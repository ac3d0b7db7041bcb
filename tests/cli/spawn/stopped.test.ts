/** Children that are stopped when they are told to end. */

import { describe, expect, test } from 'vitest';
import { unshare } from '../../support/needs.ts';
import { type Running, run, shell, start, startJob, untilState } from '../../support/run.ts';
import { onTerminal } from '../../support/terminal.ts';
import { WatchTerminal } from '../../support/watch-terminal.ts';

/** Stops the process whose pid the command's output ends with. */
async function stopPrinted(running: Running): Promise<number> {
  const pid = Number((await running.until(/(\d+)\n/))[1]);
  process.kill(pid, 'SIGSTOP');
  await untilState(pid, 'T');
  return pid;
}

describe('a stopped child', () => {
  test.each([
    ['SIGTERM', 143, []],
    ['SIGTERM', 143, ['--group']],
    ['SIGINT', 130, ['--sigfd', 'compat']],
    ['SIGHUP', 129, []],
    ['SIGQUIT', 131, ['--group']],
  ] as const)('ends by %s: status %i, %j', async (signal, status, options) => {
    const running = start([...options, '--spawn', 'echo $$; ulimit -c 0; exec sleep 100']);
    await stopPrinted(running);
    await running.until(/stopped by SIGSTOP/, 'stderr');
    running.kill(signal);
    expect((await running.end()).status).toBe(status);
  });

  test('ends by the signal of --timeout', async () => {
    const { status, stderr } = await run(['--timeout', '300ms', '--spawn', 'kill -STOP $$']);
    expect(status).toBe(124);
    expect(stderr).not.toMatch(/SIGKILL/);
  });

  test('is not continued by a signal that it may go on after', async () => {
    const running = start(['--spawn', 'echo $$; exec sleep 100']);
    const pid = await stopPrinted(running);
    await running.until(/stopped by SIGSTOP/, 'stderr');
    running.kill('SIGUSR1');
    await running.until(/SIGUSR1 to 1 child/, 'stderr');
    await untilState(pid, 'T');
    running.kill('SIGTERM');
    // The lower number comes first.
    expect((await running.end()).status).toBe(128 + 10);
  });
});

describe('a stopped process below a child ends by', () => {
  test('SIGTERM to its group', async () => {
    const running = start(['--group', '--spawn', 'sleep 100 & echo $!; wait']);
    const pid = await stopPrinted(running);
    running.kill('SIGTERM');
    const { status, stderr } = await running.end();
    expect(status).toBe(143);
    expect(stderr).not.toMatch(/SIGKILL/);
    await untilState(pid, 'Z');
  });

  test('SIGINT that its shell waits for', async () => {
    const running = start(['-q', '--spawn', "sh -c 'echo $$; exec sleep 100'; exit 5"]);
    await stopPrinted(running);
    running.kill('SIGINT');
    expect((await running.end()).status).toBe(130);
  });

  test.each([
    ['SIGTERM', []],
    ['--timeout', ['--timeout', '3s']],
  ] as const)('%s when it has outlived its shell', async (how, options) => {
    const running = start([...options, '--spawn', "sh -c 'echo $$; exec sleep 100'; exit 5"]);
    await stopPrinted(running);
    running.kill('SIGHUP');
    await running.until(/left behind/, 'stderr');
    if (how === 'SIGTERM') running.kill('SIGTERM');
    const timedOut = how === '--timeout';
    expect((await running.end()).status).toBe(timedOut ? 124 : 129);
    expect(running.stderr).not.toMatch(/SIGKILL/);
  });

  test('SIGTERM when its group has outlived its leader', async () => {
    const member = "sh -c 'trap exit TERM; echo $$; while :; do sleep 0.02; done' & read x";
    const running = start(['--group', '--spawn', member]);
    await stopPrinted(running);
    running.kill('SIGHUP');
    await running.until(/SIGHUP after|reaps until/, 'stderr');
    running.kill('SIGTERM');
    await running.end();
    expect(running.stderr).not.toMatch(/SIGKILL/);
  });
});

describe('a stopped process that its leader has left behind', () => {
  test('ends by SIGTERM to its group, in which a living one waits for it', async () => {
    const middle = `sh -c 'trap "" HUP; sh -c "echo \\$\\$; exec sleep 100"; true' & read x`;
    const running = start(['--group', '--spawn', middle]);
    await stopPrinted(running);
    running.kill('SIGHUP');
    await running.until(/reaps until/, 'stderr');
    running.kill('SIGTERM');
    await running.end();
    expect(running.stderr).not.toMatch(/SIGKILL/);
  });

  test.each([[[]], [['--group']]])('is not continued by SIGUSR1: %j', async (options) => {
    const deaf = `sh -c 'trap "" HUP; echo $$; exec sleep 100'; exit 5`;
    const running = start([...options, '--spawn', deaf]);
    const pid = await stopPrinted(running);
    running.kill('SIGHUP');
    await running.until(/reaps until/, 'stderr');
    running.kill('SIGUSR1');
    await running.until(/forward_signal +SIGUSR1/, 'stderr');
    await untilState(pid, 'T');
    running.kill('SIGTERM');
    // The lower number comes first.
    expect((await running.end()).status).toBe(128 + 10);
  });

  const STAYS = '{ sleep 100 >&- & kill -STOP $!; }';

  test('ends at the end of a --subreaper', async () => {
    const { stderr } = await run(['--subreaper', '--spawn', `${STAYS}; exit 5`]);
    expect(stderr).toMatch(/SIGTERM to 1 process left behind/);
    expect(stderr).not.toMatch(/SIGKILL/);
  });

  test('ends with pid 1, although /proc does not show it', async (context) => {
    const { status, stderr } = await shell(
      `${unshare(context, '--pid --fork')} $QL --spawn '${STAYS}; exit 5'`,
    );
    expect(status).toBe(5);
    expect(stderr).toMatch(/SIGTERM to all processes left behind/);
    expect(stderr).not.toMatch(/SIGKILL/);
  });
});

test('a running child gets no SIGCONT with SIGHUP', async () => {
  const traps = 'for s in HUP CONT USR1; do trap "echo $s" $s; done';
  const script = `${traps}; echo ready; while :; do sleep 0.02; done`;
  const running = start(['-q', '--spawn', script]);
  await running.until(/ready/);
  running.kill('SIGHUP');
  await running.until(/HUP/);
  running.kill('SIGUSR1');
  expect((await running.until(/ready\n((?:.*\n)*)USR1/))[1]).toBe('HUP\n');
  running.kill('SIGKILL');
  await running.end();
});

test('a child is stopped if that is the signal which --rewrite has for SIGTERM', async () => {
  const job = await startJob([
    '-q',
    '--rewrite',
    'TERM:STOP',
    '--spawn',
    'echo $$; exec sleep 100',
  ]);
  const pid = Number((await job.starter.until(/\n?(\d+)\n/))[1]);
  job.kill('SIGTERM');
  await untilState(pid, 'T');
  job.kill('SIGINT');
  expect((await job.starter.end()).status).toBe(130);
});

describe('on a terminal', () => {
  test('Ctrl-C ends a child that somebody has stopped', async () => {
    const running = onTerminal(
      "$QL -q --spawn 'echo pid $$; kill -STOP $$; exit 5'; echo status $?",
    );
    const pid = Number((await running.until(/pid (\d+)/))[1]);
    await untilState(pid, 'T');
    running.keys('C-c');
    await running.until(/status 130/);
    await running.end();
  });

  test('a child with the terminal that somebody stops gives the shell its prompt', async () => {
    const running = onTerminal(
      "set -m; $QL -q -- sh -c 'echo pid $$; kill -STOP $$; exit 5'; echo stopped; fg; echo status $?",
    );
    await running.until(/stopped/);
    await running.until(/status 5/);
    await running.end();
  });

  test('the key k of --watch ends a stopped child', async () => {
    const terminal = await WatchTerminal.open("--watch --spawn 'kill -STOP $$' --spawn 'sleep 60'");
    await terminal.until(/^ {2}1 stopped/m);
    terminal.keys('k', '1', 'Enter');
    await terminal.until(/^ {2}1 SIGTERM/m);
    terminal.keys('q');
    await terminal.expectRestored();
  });
});
