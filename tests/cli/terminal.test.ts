import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { command, Running, root, untilState } from '../support/run.ts';
import { onTerminal, testDirectory } from '../support/terminal.ts';

describe('on a terminal', () => {
  test('Ctrl-C reaches all children once, and the loop', async () => {
    const child = "trap 'echo int; exit 7' INT; echo ready; while :; do sleep 0.02; done";
    const running = onTerminal(`$QL -q --spawn "${child.replaceAll('$', '\\$')}"; echo status $?`);
    await running.until(/ready/);
    running.child.stdin?.write('\x03');
    await running.until(/status 7/);
    expect((await running.end()).stdout.match(/int\r\n/g)).toHaveLength(1);
  });

  test('a second Ctrl-C kills', async () => {
    const running = onTerminal(
      `$QL --spawn 'trap "" INT; echo ready; while :; do sleep 0.05; done'; echo status $?`,
    );
    await running.until(/^ready\r/m);
    running.child.stdin?.write('\x03');
    await running.until(/SIGINT to all, by the terminal/);
    running.child.stdin?.write('\x03');
    await running.until(/status 137/);
    await running.end();
  });

  test.each([
    ['--', 'sh -c'],
    ['--group --spawn', ''],
    ['--spawn', ''],
  ])('Ctrl-Z gives the shell its prompt, and fg goes on: %s', async (how, shell) => {
    const child = `'echo ready; read x; echo got $x; exit 4'`;
    const running = onTerminal(
      `set -m; $QL -q ${how} ${shell} ${child}; echo stopped; fg; echo status $?`,
    );
    await running.until(/ready/);
    running.child.stdin?.write('\x1a');
    await running.until(/stopped/);
    running.child.stdin?.write('word\n');
    await running.until(/got word/);
    await running.until(/status 4/);
    await running.end();
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
      const running = onTerminal(
        `set -m; $QL -q ${how} ${shell} ${child} & ${stopped}; echo stopped; fg; echo status $?; read y; echo and $y`,
      );
      await running.until(/stopped/);
      running.child.stdin?.write('word\n');
      await running.until(/got word/);
      await running.until(/status 4/);
      running.child.stdin?.write('more\n');
      await running.until(/and more/);
      await running.end();
    },
  );

  test('a program that cannot be continued by anybody does not stay stopped', async () => {
    const file = join(testDirectory(), 'alone.sh');
    writeFileSync(file, 'echo ready; read x; echo got $x; exit 4\n');
    // No shell above it on its terminal: Ctrl-Z must be as if it were not typed.
    const running = new Running(
      'script',
      ['-qec', `exec ${process.execPath} ${command} -q -- sh ${file}`, '/dev/null'],
      { env: { SHELL: '/bin/sh' } },
    );
    await running.until(/ready/);
    running.child.stdin?.write('\x1a');
    running.child.stdin?.write('word\n');
    await running.until(/got word/);
    expect((await running.end()).status).toBe(4);
  });

  test('the terminal is ours again when the program is killed', async () => {
    const running = onTerminal("$QL -q -- sh -c 'echo ready; kill -9 $$'; read x; echo read $x");
    await running.until(/ready/);
    running.child.stdin?.write('word\n');
    await running.until(/read word/);
    await running.end();
  });

  test('the terminal is ours again when the program cannot be started', async () => {
    const running = onTerminal('$QL -q -- /nonexistent/prog; read x; echo read $x');
    await running.until(/cannot run/);
    running.child.stdin?.write('word\n');
    await running.until(/read word/);
    await running.end();
  });

  test.each([80, 40])('no line of the log is wider than %i columns', async (columns) => {
    const running = onTerminal("$QL --spawn 'sleep 0.1; exit 3' --spawn 'kill -9 $$'", columns);
    const { stdout } = await running.end();
    const plain = stripVTControlCharacters(stdout).split('\r\n');
    expect(plain.length).toBeGreaterThan(20);
    expect(plain.filter((line) => line.length > columns)).toEqual([]);
    expect(stdout).toContain('\x1b[');
  });

  test.each(['run --help', '--help'])(
    'options are broken at words in 40 columns: %s',
    async (args) => {
      const { stdout } = await onTerminal(`$QL ${args}`, 40).end();
      const options = stdout.split('\r\n').filter((line) => /^( {2}| {6})[-a-z]/.test(line));
      const described = options.slice(
        0,
        options.findIndex((line) => line.includes('print this')),
      );
      expect(described.length).toBeGreaterThan(15);
      expect(described.filter((line) => line.length > 40)).toEqual([]);
    },
  );

  test('the end of the terminal of --watch is the end of its children, and no failure of ours', async () => {
    const log = join(testDirectory(), 'log');
    const running = onTerminal(
      `exec $QL --watch --log-file ${log} --spawn 'echo at $PPID; exec sleep 100'`,
    );
    const [, pid] = await running.until(/at (\d+)/);
    running.kill('SIGKILL');
    await untilState(Number(pid), 'Z');
    expect(readFileSync(log, 'utf8')).toMatch(/exit status 129: \[1\] ended with SIGHUP\n$/);
  });

  // Node aborts at its end where a terminal's modes cannot be put back.
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
    const result = join(testDirectory(), 'result');
    execFileSync('mkfifo', [result]);
    const running = onTerminal(`trap : HUP; ${line}${result}`);
    await running.until(/ready/);
    running.kill('SIGKILL');
    expect(await readFile(result, 'utf8')).toBe(`${status}\n`);
  });
});
