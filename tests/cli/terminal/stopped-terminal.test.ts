import { chmodSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { O_NONBLOCK } from '../../../src/host/constants.ts';
import { fifo } from '../../support/fifo.ts';
import { needRoot } from '../../support/needs.ts';
import { untilState, untilTrue } from '../../support/run.ts';
import { onTerminal, testDirectory } from '../../support/terminal.ts';

function untilFileHas(path: string, text: string): Promise<void> {
  return untilTrue(() => readFileSync(path, 'utf8').includes(text));
}

describe('a terminal that is not read does not block signals', () => {
  const nobody = 'setpriv --reuid=65534 --clear-groups';
  test.for([
    ['while a child writes', '', 'exec yes', 143],
    ['when all have ended', '', 'seq 9000; exit 3', 3],
    // Its device may not be opened then.
    ['while a child writes to that of another user', nobody, 'exec yes', 143],
    // Nor may /dev/tty.
    ['while a child writes to that of another session', `setsid ${nobody}`, 'exec yes', 143],
  ] as const)('--prefix, %s', async ([, starter, writes, status], context) => {
    if (starter !== '') needRoot(context, 'a terminal of another user');
    const go = fifo();
    const dir = testDirectory();
    chmodSync(dir, 0o777);
    chmodSync(dirname(go), 0o711);
    const log = join(dir, 'log');
    const terminal = onTerminal(
      `${starter} $QL --log-file ${log} --log-level debug --grace 500ms --prefix \\
        --spawn 'echo at $PPID $$; read x <${go}; ${writes}'; echo status $?`,
    );
    const [, pid, child] = await terminal.untilOutput(/at (\d+) (\d+)\D/);
    terminal.pause();
    await writeFile(go, '\n');
    await untilFileHas(log, 'write 1');
    if (status === 3) await untilState(Number(child), 'Z');
    process.kill(Number(pid), 'SIGTERM');
    await untilState(Number(pid), 'Z');
    terminal.resume();
    await terminal.untilOutput(new RegExp(`status ${status}`));
    await terminal.end();
  });

  test('--watch, whose terminal is restored when it is read again', async () => {
    const go = fifo();
    const done = fifo();
    // Long enough for many frames, each of another screen.
    const writes = 'for i in $(seq 30); do seq 1000; sleep 0.05; done';
    const terminal = onTerminal(
      `$QL --watch --grace 2s --spawn 'echo at $PPID; read x <${go}; ${writes}
        echo >${done}; sleep 60'; echo status $?`,
      200,
      60,
    );
    const [, pid] = await terminal.untilOutput(/at (\d+)\D/);
    terminal.pause();
    await writeFile(go, '\n');
    await readFile(done);
    process.kill(Number(pid), 'SIGTERM');
    await untilState(Number(pid), 'Z');
    terminal.resume();
    await terminal.untilOutput(/\[\?1049l/);
    await terminal.untilOutput(/status 143/);
    await terminal.end();
  });
});

test('a terminal of another user is written by its name for everybody', async (context) => {
  needRoot(context, 'a terminal of another user');
  const look = 'readlink /proc/$PPID/fd/*';
  const terminal = onTerminal(
    `setpriv --reuid=65534 --clear-groups $QL -q --color never --prefix --spawn '${look}'; echo end`,
  );
  await terminal.untilOutput(/end/);
  expect((await terminal.end()).output).toMatch(/^\[1\] \/dev\/tty\r$/m);
});

test('output to a terminal arrives complete, before and after Ctrl-S', async () => {
  const terminal = onTerminal(
    "$QL -q --color never --prefix --spawn 'echo ready; read x; echo go; seq 20000'; echo status $?",
  );
  await terminal.untilOutput(/ready/);
  terminal.type('\x13line\n\x11');
  await terminal.untilOutput(/status 0/);
  const { output } = await terminal.end();
  const numbers = output.split('\r\n').filter((line) => /^\[1\] \d/.test(line));
  expect(numbers).toEqual(Array.from({ length: 20000 }, (_, i) => `[1] ${i + 1}`));
});

test('O_NONBLOCK is not set for those who share the terminal', async () => {
  const flags = 'grep flags /proc/$$/fdinfo/1';
  const terminal = onTerminal(
    `${flags}; $QL -q --prefix --spawn '${flags.replace('$$', '$PPID')}'; echo end`,
  );
  await terminal.untilOutput(/end/);
  const { output } = await terminal.end();
  const modes = [...output.matchAll(/flags:\s+(\d+)/g)].map(([, mode]) => parseInt(mode!, 8));
  expect(modes.map((mode) => mode & O_NONBLOCK)).toEqual([0, 0]);
});

test('in the background the log is written even if the terminal has tostop', async () => {
  const terminal = onTerminal(
    "stty tostop; set -m; $QL --spawn 'exit 3' & wait $!; set +m; echo status $?",
  );
  await terminal.untilOutput(/ended with exit 3\r\n/);
  terminal.hangUp();
  await terminal.end();
});
