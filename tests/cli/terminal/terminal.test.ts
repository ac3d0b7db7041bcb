import { readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { fifo } from '../../support/fifo.ts';
import { command, root, untilState } from '../../support/run.ts';
import { onTerminal, terminalOf, testDirectory } from '../../support/terminal.ts';

describe('on a terminal', () => {
  test('Ctrl-C reaches all children once, and the loop', async () => {
    const child = "trap 'echo int; exit 7' INT; echo ready; while :; do sleep 0.02; done";
    const terminal = onTerminal(`$QL -q --spawn "${child.replaceAll('$', '\\$')}"; echo status $?`);
    await terminal.untilOutput(/ready/);
    terminal.type('\x03');
    await terminal.untilOutput(/status 7/);
    expect((await terminal.end()).output.match(/int\r\n/g)).toHaveLength(1);
  });

  test('a second Ctrl-C kills', async () => {
    const terminal = onTerminal(
      `$QL --spawn 'trap "" INT; echo ready; while :; do sleep 0.05; done'; echo status $?`,
    );
    await terminal.untilOutput(/^ready\r/m);
    terminal.type('\x03');
    await terminal.untilOutput(/SIGINT to all, by the terminal/);
    terminal.type('\x03');
    await terminal.untilOutput(/status 137/);
    await terminal.end();
  });

  test('a SIGINT by kill that comes later than a program would pass a Ctrl-C on kills', async () => {
    const child = 'trap "" INT; echo at $PPID; read x; sleep 0.4; echo later; sleep 100';
    const terminal = onTerminal(`$QL --grace 1h --spawn '${child}'; echo status $?`);
    const [, pid] = await terminal.untilOutput(/^at (\d+)\D/m);
    terminal.type('\x03');
    await terminal.untilOutput(/SIGINT to all, by the terminal/);
    terminal.type('\n');
    await terminal.untilOutput(/^later/m);
    process.kill(Number(pid), 'SIGINT');
    await terminal.untilOutput(/status 137/);
    await terminal.end();
  });

  test.each([
    ['--', 'sh -c'],
    ['--group --spawn', ''],
    ['--spawn', ''],
  ])('Ctrl-Z gives the shell its prompt, and fg goes on: %s', async (how, shell) => {
    const child = `'echo ready; read x; echo got $x; exit 4'`;
    const terminal = onTerminal(
      `set -m; $QL -q ${how} ${shell} ${child}; echo stopped; fg; echo status $?`,
    );
    await terminal.untilOutput(/ready/);
    terminal.type('\x1a');
    await terminal.untilOutput(/stopped/);
    terminal.type('word\n');
    await terminal.untilOutput(/got word/);
    await terminal.untilOutput(/status 4/);
    await terminal.end();
  });

  test.each([
    ['--', 'sh -c'],
    ['--group --', 'sh -c'],
    ['--group --spawn', ''],
    ['--spawn', ''],
  ])(
    'in the background one that reads stops, for the shell too, and fg goes on: %s',
    async (how, shell) => {
      const child = `'read x; echo got $x; exit 4'`;
      const jobs = join(testDirectory(), 'jobs');
      const stopped = `until jobs >${jobs}; grep -q Stopped ${jobs}; do sleep 0.02; done`;
      const terminal = onTerminal(
        `set -m; $QL -q ${how} ${shell} ${child} & ${stopped}; echo stopped; fg; echo status $?; read y; echo and $y`,
      );
      await terminal.untilOutput(/stopped/);
      terminal.type('word\n');
      await terminal.untilOutput(/got word/);
      await terminal.untilOutput(/status 4/);
      terminal.type('more\n');
      await terminal.untilOutput(/and more/);
      await terminal.end();
    },
  );

  test('a program that cannot be continued by anybody does not stay stopped', async () => {
    const file = join(testDirectory(), 'alone.sh');
    writeFileSync(file, 'echo ready; read x; echo got $x; exit 4\n');
    // No shell above it on its terminal: Ctrl-Z must be as if it were not typed.
    const terminal = terminalOf(process.execPath, [command, '-q', '--', 'sh', file]);
    await terminal.untilOutput(/ready/);
    terminal.type('\x1a');
    terminal.type('word\n');
    await terminal.untilOutput(/got word/);
    expect((await terminal.end()).status).toBe(4);
  });

  test('the terminal is ours again when the program is killed', async () => {
    const terminal = onTerminal("$QL -q -- sh -c 'echo ready; kill -9 $$'; read x; echo read $x");
    await terminal.untilOutput(/ready/);
    terminal.type('word\n');
    await terminal.untilOutput(/read word/);
    await terminal.end();
  });

  test('the terminal is ours again when the program cannot be started', async () => {
    const terminal = onTerminal('$QL -q -- /nonexistent/prog; read x; echo read $x');
    await terminal.untilOutput(/cannot run/);
    terminal.type('word\n');
    await terminal.untilOutput(/read word/);
    await terminal.end();
  });

  test.each([80, 40])('no line of the log is wider than %i columns', async (columns) => {
    const terminal = onTerminal("$QL --spawn 'sleep 0.1; exit 3' --spawn 'kill -9 $$'", columns);
    const { output } = await terminal.end();
    const plain = stripVTControlCharacters(output).split('\r\n');
    expect(plain.length).toBeGreaterThan(20);
    expect(plain.filter((line) => line.length > columns)).toEqual([]);
    expect(output).toContain('\x1b[');
  });

  test.each([
    ['run --help', 50],
    ['--help', 100],
    ['explore --help', 40],
    ['trace', 3],
    ['--timeout 1w -- true', 4],
    ['play /nonexistent/file.yaml', 2],
    ['check package.json', 4],
  ])('help and errors are broken at words in 40 columns: %s', async (args, least) => {
    const { output } = await onTerminal(`$QL ${args}`, 40).end();
    const lines = output.trimEnd().split('\r\n');
    expect(lines.length).toBeGreaterThanOrEqual(least);
    // A path alone on its line is not cut.
    expect(lines.filter((line) => line.length > 40 && line.trim().includes(' '))).toEqual([]);
  });

  test('the end of the terminal of --watch ends its children, and is not our failure', async () => {
    const log = join(testDirectory(), 'log');
    const terminal = onTerminal(
      `exec $QL --watch --log-file ${log} --spawn 'echo at $PPID; exec sleep 100'`,
    );
    const [, pid] = await terminal.untilOutput(/at (\d+)\D/);
    terminal.hangUp();
    await untilState(Number(pid), 'Z');
    expect(readFileSync(log, 'utf8')).toMatch(/exit status 129: \[1\] ended with SIGHUP\n$/);
  });

  // Node aborts at exit if a terminal's modes cannot be restored.
  const forkWorker = `const worker = require('node:child_process')
      .fork('${join(root, 'dist', 'scenario-worker.cjs')}', { stdio: 'inherit', detached: true });
    process.on('SIGHUP', () => worker.disconnect());
    worker.on('spawn', () => console.log('ready'));
    worker.on('exit', (status, signal) =>
      require('node:fs').writeFileSync(process.argv[1], (signal ?? status) + '\\n'));`;
  test.each([
    ['--spawn', "$QL -q --spawn 'echo ready; exec sleep 100'; echo $? >", 129],
    ['a worker of run', `${process.execPath} -e "${forkWorker}" `, 0],
  ])('the end of the terminal is no abort: %s', async (_, line, status) => {
    const result = fifo();
    const terminal = onTerminal(`trap : HUP; ${line}${result}`);
    await terminal.untilOutput(/ready/);
    terminal.hangUp();
    expect(await readFile(result, 'utf8')).toBe(`${status}\n`);
  });
});
