/** The tests' terminals: faults of theirs that other tests would not notice. */

import { expect, test } from 'vitest';
import { stateOf, untilState } from './run.ts';
import { shellTerminal, terminalOf } from './terminal.ts';

test('all that was written comes before the end', async () => {
  const { output, status } = await terminalOf('/bin/sh', ['-c', 'seq 20000; exit 3']).end();
  expect(output.split('\r\n')).toEqual([
    ...Array.from({ length: 20000 }, (_, i) => `${i + 1}`),
    '',
  ]);
  expect(status).toBe(3);
});

test.each([
  ['sh', [], '/bin/sh'],
  ['bash', ['--norc', '--noprofile'], '/bin/bash'],
])('job control under an interactive %s', async (_, args, shell) => {
  const terminal = shellTerminal(80, 24, shell, ...args);
  terminal.line("sh -c 'echo at $$; read x; echo got $x'");
  // With the end of the line: a terminal may bring a number in two parts.
  const [, pid] = await terminal.untilOutput(/at (\d+)\r\n/);
  terminal.keys('C-z');
  await terminal.until(/Stopped/);
  expect(stateOf(Number(pid))).toBe('T');
  terminal.line('fg');
  await untilState(Number(pid), 'S');
  terminal.line('word');
  await terminal.until(/^got word$/m);
  terminal.line('exit 4');
  expect(await terminal.end()).toMatchObject({ status: 4, signal: null });
});

test('colors, and where they stand', async () => {
  const terminal = terminalOf('printf', ['a\\033[1;31mb\\033[0;2;7mc\\033[0m']);
  await terminal.end();
  const plain = { color: undefined, bold: false, dim: false, inverse: false };
  expect(terminal.cells()[0]!.slice(0, 4)).toEqual([
    { ...plain, text: 'a' },
    { ...plain, text: 'b', color: 1, bold: true },
    { ...plain, text: 'c', dim: true, inverse: true },
    { ...plain, text: ' ' },
  ]);
});

test('another size reaches the program as a signal', async () => {
  const terminal = terminalOf('/bin/sh', [
    '-c',
    "trap 'stty size; exit' WINCH; stty size; while :; do sleep 0.01; done",
  ]);
  await terminal.until(/^24 80$/m);
  terminal.resize(100, 30);
  await terminal.until(/^30 100$/m);
  await terminal.end();
});

test('a wait for text that does not come fails at the end, and shows the screen', async () => {
  const terminal = terminalOf('echo', ['hello']);
  await expect(terminal.until(/good-bye/)).rejects.toThrow(/^ended without \/good-bye\/:\nhello\n/);
});

test('a session whose terminal goes away ends', async () => {
  const terminal = terminalOf('/bin/sh', ['-c', 'echo ready; exec sleep 1000']);
  await terminal.until(/ready/);
  terminal.hangUp();
  expect(await terminal.end()).toMatchObject({ status: null, signal: 'SIGHUP' });
});
