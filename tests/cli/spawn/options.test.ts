import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CliError } from '../../../src/cli/exit/errors.ts';
import { type Options, parseOptions } from '../../../src/cli/spawn/options.ts';
import { root, run } from '../../support/run.ts';

function parse(...args: string[]): Options {
  const parsed = parseOptions(args, () => '1');
  if ('text' in parsed) throw new Error('help');
  return parsed;
}

function fails(...args: string[]): string {
  try {
    parseOptions(args, () => '1');
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    expect(error.status).toBe(2);
    expect(error.message).not.toContain('\n');
    return error.message;
  }
  throw new Error('was taken');
}

describe('options', () => {
  test('--spawn is collected in order, and run by the shell', () => {
    const { jobs, transparent } = parse('--spawn', 'a b', '--spawn', 'c');
    expect(jobs.map((job) => job.argv)).toEqual([
      ['sh', '-c', 'exec a b'],
      ['sh', '-c', 'exec c'],
    ]);
    expect(transparent).toBe(false);
  });

  test('the words after -- are one program, with its own options', () => {
    const { jobs, transparent } = parse('-g', '--', 'prog', '-x', '--help');
    expect(jobs).toEqual([
      { file: 'prog', argv: ['prog', '-x', '--help'], command: 'prog -x --help' },
    ]);
    expect(transparent).toBe(true);
  });

  test.each([
    ['200ms', 200e6],
    ['1.5s', 1.5e9],
    ['10s', 10e9],
    ['2m', 120e9],
    ['1h', 3600e9],
    ['2501h', 2501 * 3600e9],
    ['3000h', 3000 * 3600e9],
    ['1.5d', 36 * 3600e9],
    ['365d', 365 * 86400e9],
    ['0', 0],
  ])('--grace %s', (text, ns) => {
    expect(parse('--grace', text, '--', 'x').graceNs).toBe(ns);
  });

  test('short options are the same as tini’s and others’', () => {
    const o = parse('-g', '-s', '-p', 'KILL', '-e', '3', '-e', '64-66', '-q', '-v', '--', 'x');
    expect(o).toMatchObject({ group: true, subreaper: true, pdeathsig: 9, quiet: true });
    expect([...o.okExit]).toEqual([3, 64, 65, 66]);
    expect(o.logLevel).toBe('debug');
    expect(parse('-vv', '--', 'x').logLevel).toBe('trace');
  });

  test('--pass-fd takes lists and ranges, and may be repeated', () => {
    expect(parse('--', 'x').passFds).toEqual([]);
    expect(parse('--pass-fd', '3,5-7', '--pass-fd', '7,9', '--', 'x').passFds).toEqual([
      3, 5, 6, 7, 9,
    ]);
  });

  test('--timeout 0 is no limit', () => {
    expect(parse('--timeout', '0', '--', 'x').timeoutNs).toBeUndefined();
  });

  test('--rewrite takes names and numbers', () => {
    const { rewrite } = parse('--rewrite', 'TERM:QUIT', '--rewrite', '1:0', '--', 'x');
    expect([...rewrite]).toEqual([
      [15, 3],
      [1, 0],
    ]);
  });

  test.each([
    [['--spwan', 'x'], /unknown option '--spwan'.*--spawn/],
    [['--grace', '10', '--', 'x'], /needs a unit: 10s, 10ms, 10m, 10h or 10d \(/],
    [['--timeout', `1${'0'.repeat(400)}h`, '--', 'x'], /200ms, 1\.5s/],
    [['--grace', 'soon', '--', 'x'], /200ms, 1\.5s/],
    [['--pdeathsig', 'TREM', '--', 'x'], /no signal TREM: did you mean TERM/],
    [['--rewrite', 'TERM', '--', 'x'], /FROM:TO/],
    [['--rewrite', 'KILL:INT', '--', 'x'], /SIGKILL is not passed on/],
    [['--rewrite', 'CHLD:0', '--', 'x'], /SIGCHLD is not passed on/],
    [
      ['--rewrite', 'HUP:65', '--', 'x'],
      /'HUP:65' is invalid: there is no signal 65: write it as TERM/,
    ],
    [
      ['--rewrite', 'HUP:TREM', '--', 'x'],
      /is invalid: there is no signal TREM: did you mean TERM\?/,
    ],
    [['--rewrite', 'HUP:32', '--', 'x'], /signal 32 cannot be sent: it is the C library's own/],
    [['--kill-child', '33', '--', 'x'], /signal 33 cannot be sent/],
    [['--timeout-signal', '0', '--', 'x'], /no signal 0/],
    [['--ignore-signal', 'KILL', '--', 'x'], /SIGKILL cannot be ignored/],
    [['rnu', 'x.yaml'], /'rnu': did you mean run\?/],
    [['--ok-exit', '300', '--', 'x'], /0 to 255/],
    [['--ok-exit', '3,,4', '--', 'x'], /0 to 255/],
    [['--pass-fd', '2', '--', 'x'], /from 3 on/],
    [['--pass-fd', '5-4', '--', 'x'], /from 3 on/],
    [['--pass-fd', 'x', '--', 'x'], /from 3 on/],
    [['--success', 'frist', '--', 'x'], /first, last, all.*did you mean first/],
    [['--log-level', 'inof', '--', 'x'], /did you mean info/],
    [['ls', '-l'], /-l|unexpected argument/],
    [['scenarios/sigchld.yaml'], /did you mean qemu-loop run scenarios\/sigchld\.yaml\?/],
    [['gone.yaml'], /unexpected argument 'gone.yaml': write --spawn/],
    [['ls'], /unexpected argument 'ls'.*--spawn/],
    [['-q', 'echo', 'a', '--', '-n', 'b'], /unexpected argument 'echo'/],
    [['-q', 'run', 'a.yaml'], /^'run' is a command, and must come first: qemu-loop run …/],
    [['spawn', 'true'], /unexpected argument 'spawn': did you mean --spawn\?/],
    [['record'], /unexpected argument 'record': did you mean --record\?/],
    [['--replay', 'a.rec'], /unknown option '--replay': did you mean qemu-loop replay …\?/],
    [['--run'], /unknown option '--run': did you mean qemu-loop run …\?/],
    [['--spawn'], /argument missing/],
    [['--spawn', ' '], /number 1 is empty/],
    [['--spawn', 'a', '--', 'b'], /exclude each other/],
    [['--quiet'], /nothing to run/],
    [['--'], /nothing to run/],
  ])('%j is refused in one line', (args, message) => {
    expect(fails(...args)).toMatch(message);
  });
});

describe('the command line, as a process', () => {
  test('--help goes to stdout, with groups and examples, in 80 columns', async () => {
    const { status, stdout, stderr } = await run(['--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const heading of ['What to run:', 'What is shown:', 'Signals and ends:', 'Examples:']) {
      expect(stdout).toContain(heading);
    }
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test("--version is package.json's", async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(await run(['--version'])).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  test('no arguments: one line says that there is nothing to run, and where the help is', async () => {
    expect(await run([])).toMatchObject({
      status: 2,
      stdout: '',
      stderr:
        "qemu-loop: there is nothing to run: add --spawn 'CMD' or -- PROG (see qemu-loop --help)\n",
    });
  });

  test('a wrong pattern of files: one line, 2, and the other files are run', async () => {
    const { status, stdout, stderr } = await run(['run', '[z-a]*', 'scenarios/orphans.yam?'], {
      cwd: root,
    });
    expect(status).toBe(2);
    expect(stderr).toBe(
      'qemu-loop: the pattern [z-a]* is wrong: the range z-a in [z-a] runs backwards\n',
    );
    expect(stdout).toMatch(/1 passed, 1 could not be read/);
  });

  test('a wrong option: one line on stderr, 2', async () => {
    const { status, stderr } = await run(['--spwan', 'x']);
    expect(status).toBe(2);
    expect(stderr.split('\n')).toHaveLength(2);
  });
});
