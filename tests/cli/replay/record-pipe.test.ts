/** A record, and the traces beside it, in a pipe: its reader never holds up the run. */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fullPipe } from '../../support/full-pipe.ts';
import { run, shell, start } from '../../support/run.ts';
import { testDirectory } from '../../support/terminal.ts';

test.each([
  [
    'the record',
    (pipe: string) => ['--record', pipe],
    /: the record .* ends here: it was not read/,
  ],
  [
    'a trace beside it',
    (pipe: string) => [
      '--record',
      join(testDirectory(), 'run.rec'),
      '--trace-file',
      `json:${pipe}`,
    ],
    /: the trace .* was not read in time: \d+ events are lost\n$/,
  ],
])('%s in a pipe that nobody reads holds up neither signals nor the end', async (_, of, line) => {
  const child = 'trap "echo got" HUP; trap "exit 6" TERM; echo ready; while :; do sleep 0.02; done';
  const running = start(['-q', '--grace', '1s', ...of(fullPipe()), '--spawn', child]);
  await running.until(/ready/);
  running.kill('SIGHUP');
  await running.until(/got/);
  running.kill('SIGTERM');
  const { status, stderr } = await running.end();
  expect(stderr).toMatch(line);
  expect(status).toBe(6);
});

test('both are whole for a reader that is slow', async () => {
  // The pipes are full when the child ends, and for a while after that.
  const child = 'for i in $(seq 200); do (true &); done; seq 60000; echo >go-a; echo >go-b; exit 3';
  const { stdout, stderr } = await shell(
    `cd ${testDirectory()} && mkfifo go-a go-b a b
    until_said() { until grep -q "the $1 . waits" said; do sleep 0.02; done; }
    { read x <go-a; until_said record; cat; } <a >run.rec &
    { read x <go-b; until_said trace; cat; } <b >run.json &
    $QL -q --prefix --record a --trace-file json:b --spawn '${child}' >/dev/null 2>said; wait; cat said
    $QL replay --trace-file json:again.json run.rec >/dev/null; echo $?
    cmp run.json again.json && echo same`,
  );
  const said = ['trace b', 'record a'].map((one) => `qemu-loop: the ${one} waits for its reader\n`);
  expect({ stdout, stderr }).toEqual({ stdout: `${said.join('')}3\nsame\n`, stderr: '' });
});

test('--record-last is told that its file is a pipe', async () => {
  const args = ['--record-last', '1MB', '--record', fullPipe(), '--spawn', 'true'];
  const { status, stderr } = await run(args);
  expect(stderr).toMatch(/^qemu-loop: --record-last writes .* as a whole: name a file, [^\n]*\n$/);
  expect(status).toBe(2);
});
