import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fifo } from '../../support/fifo.ts';
import { unshare } from '../../support/needs.ts';
import { command, startJob, stateOf, untilState, untilTrue } from '../../support/run.ts';
import { onTerminal, terminalOf, testDirectory } from '../../support/terminal.ts';

describe('Ctrl-Z gives the shell its prompt, and fg continues, whatever stdin is', () => {
  test.for([
    ['-- with stdin of /dev/null', '$QL -q -- sh CHILD </dev/null', 1],
    ['-- behind a pipe', 'echo | $QL -q -- sh CHILD', 1],
    // All three standard descriptors are other files.
    ['-- before a pipe', '$QL -q -- sh CHILD </dev/null 2>&1 | cat', 1],
    [
      '-- without /dev/tty',
      'UNSHARE sh -c "mount -t tmpfs none /dev; exec $QL -q -- sh CHILD" </dev/null',
      1,
    ],
    ['--group', '$QL -q -g -- sh CHILD </dev/null', 1],
    ['two --spawn', "$QL -q --spawn 'sh CHILD' --spawn 'sh CHILD' </dev/null", 2],
    ['two --spawn on the terminal', "$QL -q --spawn 'sh CHILD' --spawn 'sh CHILD'", 2],
    ['--group, two --spawn', "$QL -q -g --spawn 'sh CHILD' --spawn 'sh CHILD'", 2],
    ['--prefix', "$QL -q --prefix --spawn 'sh CHILD' --spawn 'sh CHILD' </dev/null", 2],
  ] as const)('%s', async ([, asked, children], context) => {
    const isApart = asked.startsWith('UNSHARE');
    const line = isApart ? asked.replace('UNSHARE', unshare(context, '--mount')) : asked;
    const child = join(testDirectory(), 'child.sh');
    const go = fifo();
    // Always has a writer: a child that opens it late still finds its line.
    const fd = openSync(go, 'r+');
    onTestFinished(() => closeSync(fd));
    // It forks nothing: a shell whose vfork is stopped before its execve does not stop itself.
    writeFileSync(child, `echo ready; read x <${go}; echo went on\n`);
    const running = onTerminal(`set -m; ${line.replaceAll('CHILD', child)}; echo stopped; fg; :`);
    await running.until(new RegExp(`(ready[^]*){${children}}`));
    running.keys('C-z');
    await running.until(/stopped/);
    writeSync(fd, '\n\n');
    await running.until(new RegExp(`(went on[^]*){${children}}`));
    await running.end();
  });
});

test('a child that reads from the terminal gets it, though stdin is another file', async () => {
  const running = onTerminal(
    "$QL -q -g -- sh -c 'echo ready; read x </dev/tty; echo got $x; exit 4' </dev/null; echo status $?",
  );
  await running.until(/ready/);
  running.line('word');
  await running.until(/got word/);
  await running.until(/status 4/);
  await running.end();
});

test('with --group those that read from the terminal get it one after the other', async () => {
  const read = (name: string): string => `--spawn 'echo ready; read x; echo ${name} got $x'`;
  const running = onTerminal(`$QL -q -g ${read('one')} ${read('two')} ${read('three')}`);
  await running.until(/(ready\s+){3}/);
  for (const word of ['first', 'second', 'third']) {
    running.line(word);
    await running.until(new RegExp(`got ${word}`));
  }
  expect((await running.end()).status).toBe(0);
});

test('a Ctrl-Z that nobody could continue after leaves no child of --group stopped', async () => {
  const never = fifo();
  // It forks nothing: a shell whose vfork is stopped before its execve does not stop itself.
  const child = `exec 3<>${never}; trap "echo went on" CONT; echo ready; while :; do read x <&3; done`;
  const twice = ['--spawn', child, '--spawn', child];
  // No shell is above it on its terminal.
  const running = terminalOf(process.execPath, [command, '-q', '--group', ...twice]);
  await running.until(/(ready\s+){2}/);
  running.keys('C-z');
  await running.until(/(went on\s+){2}/);
  running.keys('C-c');
  expect((await running.end()).signal).toBe('SIGINT');
});

test('a reader of our output behind a pipe may use the terminal', async () => {
  const go = join(testDirectory(), 'go');
  const program = `echo ready >&2; until [ -e ${go} ]; do sleep 0.02; done`;
  const running = onTerminal(
    `$QL -q -- sh -c '${program}' | sh -c 'read x </dev/tty; echo got $x'; echo end`,
  );
  await running.until(/ready/);
  running.line('word');
  await running.until(/got word/);
  writeFileSync(go, '');
  await running.until(/end/);
  await running.end();
});

describe.each([[[]], [['--group']]])('SIGTSTP by kill, without a terminal: %j', (options) => {
  test('stops us when it has stopped the last child, and SIGCONT lets both go on', async () => {
    const one = 'echo $$; exec sleep 100';
    const job = await startJob(['-q', ...options, '--spawn', one, '--spawn', one]);
    const [, ...pids] = await job.starter.until(/(\d+)\n(\d+)\n/);
    job.kill('SIGTSTP');
    for (const pid of [...pids, job.pid]) await untilState(Number(pid), 'T');
    job.kill('SIGCONT');
    for (const pid of [...pids, job.pid]) await untilState(Number(pid), 'S');
    job.kill('SIGTERM');
    expect((await job.starter.end()).status).toBe(143);
  });

  test('stops us, too, when the last child that has not stopped ends', async () => {
    const go = fifo();
    const fd = openSync(go, 'r+');
    onTestFinished(() => closeSync(fd));
    // It forks nothing: SIGTSTP would stop that.
    const ends = `trap "read x <${go}; exit" TSTP; echo $$; while :; do :; done`;
    const stops = 'echo $$; exec sleep 100';
    const job = await startJob(['-q', ...options, '--spawn', ends, '--spawn', stops]);
    const [, ...pids] = (await job.starter.until(/(\d+)\n(\d+)\n/)).map(Number);
    job.kill('SIGTSTP');
    await untilTrue(() => pids.some((pid) => stateOf(pid) === 'T'));
    writeSync(fd, '\n');
    await untilState(job.pid, 'T');
    job.kill('SIGCONT');
    await untilState(job.pid, 'S');
    job.kill('SIGTERM');
    expect((await job.starter.end()).status).toBe(143);
  });
});
