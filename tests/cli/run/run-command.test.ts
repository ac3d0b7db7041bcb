/** `qemu-loop run` and `check`, without the process around them: their output and status. */

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AskedText } from '../../../src/cli/options/parse-command.ts';
import { checkCommand } from '../../../src/cli/run/check-command.ts';
import { findScenarios } from '../../../src/cli/run/files.ts';
import { type RunCommandOptions, runCommand } from '../../../src/cli/run/run-command.ts';
import { parseCheck, parseRun } from '../../../src/cli/run/run-options.ts';
import { LinuxHost } from '../../../src/host/linux/linux-host.ts';
import { root } from '../../support/run.ts';

let dir = '';
const own = new LinuxHost();
/** As the command has it. */
const worker = pathToFileURL(join(root, 'dist', 'scenario-worker.cjs'));
const driver = pathToFileURL(join(root, 'src/scenario/qemu/driver/driver.c'));

const GOOD =
  'name: good\nbottom_halves: {a: {}}\nsteps: [{schedule: a}, step]\nexpect: {order: [a, mlw]}\n';
const BAD =
  'name: bad <&>\nbottom_halves: {a: {}}\nsteps: [{schedule: a}, step]\nexpect: {order: [mlw]}\n';
const REAL =
  'name: real\nchildren: {a: {command: "exit 3"}}\nsteps: [{spawn: a}, run]\nexpect: {order: [a exited 3]}\n';
const WRONG = 'name: wrong\nsteps: [stepp]\n';

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'qemu-loop-scenarios-'));
  const files = { good: GOOD, bad: BAD, wrong: WRONG, real: REAL };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, `${name}.yaml`), text);
  mkdirSync(join(dir, 'many', 'deep'), { recursive: true });
  writeFileSync(join(dir, 'many', 'b.yaml'), GOOD);
  writeFileSync(join(dir, 'many', 'deep', 'a.yml'), GOOD);
  writeFileSync(join(dir, 'many', 'notes.txt'), 'no scenario');
});

afterAll(() => {
  rmSync(dir, { recursive: true });
  own.dispose();
});

interface Said {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function run(files: string[], options: Partial<RunCommandOptions> = {}): Promise<Said> {
  let [out, err] = ['', ''];
  const status = await runCommand(
    {
      own,
      files: files.map((file) => join(dir, file)),
      seeds: [],
      schedule: null,
      repeat: 1,
      jobs: 1,
      reporter: 'pretty',
      timeoutNs: 120e9,
      trace: null,
      report: undefined,
      record: undefined,
      recordLast: null,
      recordSignal: undefined,
      argv: [],
      watch: false,
      explain: false,
      qemu: { build: undefined, isTyped: false, driver },
      printExpect: false,
      style: { color: false, width: 0 },
      progress: false,
      worker,
      ...options,
    },
    {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
    },
  );
  const plain = (text: string): string =>
    text
      .replaceAll(`${dir}/`, '')
      .replace(/in [\d.]+ s/, 'in T s')
      .replace(/\d+ns/g, 'Nns');
  return { status, out: plain(out), err: plain(err) };
}

describe('run', () => {
  it('passes with 0', async () => {
    expect(await run(['good.yaml'])).toEqual({
      status: 0,
      out: 'ok   good  good.yaml  sim, Nns\n1 passed in T s\n',
      err: '',
    });
  });

  it('fails with 1: a diff, with time and iteration, and how to run it again', async () => {
    const { status, out } = await run(['bad.yaml'], { seeds: [7] });
    expect(status).toBe(1);
    expect(out.split('\n')).toEqual([
      'FAIL bad <&>  bad.yaml  sim, Nns',
      '     the order log is not as expected (sim)',
      '       + a                  Nns  #1',
      '         mlw                Nns  #1',
      '     run it again: qemu-loop run bad.yaml --host sim --seed 7 --timeout 120s',
      '0 passed, 1 failed in T s',
      '',
    ]);
  });

  it('breaks messages between words if the terminal is narrow', async () => {
    const { out } = await run(['real.yaml'], { style: { color: false, width: 40 } });
    const lines = out.split('\n').slice(1, -2);
    expect(lines.slice(0, 3)).toEqual([
      "     child 'a' is a real command, which",
      '       needs --host linux (sim)',
      expect.stringMatching(/^ {5}run it again: qemu-loop run /),
    ]);
  });

  it('notes a fault that never acted, which is not a failure', async () => {
    writeFileSync(
      join(dir, 'idle.yaml'),
      'name: idle\nfaults: [{call: write, error: EIO}]\nsteps: [step]\nexpect: {order: [mlw]}\n',
    );
    const { status, out } = await run(['idle.yaml']);
    expect(status).toBe(0);
    expect(out.split('\n')[1]).toBe(
      '     note: idle.yaml:2:10: this fault never acted: there was no write (sim)',
    );
    const { out: json } = await run(['idle.yaml'], { reporter: 'json', host: 'linux' });
    // A busy machine adds a note that it was late, which belongs to no place of the file.
    expect(JSON.parse(json.split('\n')[0]!).results[0].notes).toContainEqual(
      expect.objectContaining({ at: { line: 2, column: 10 } }),
    );
  });

  it.each([
    [60e9, ''],
    [1.5e9, ' --timeout 1.5s'],
    [null, ' --timeout 0'],
  ])('is run again with the same time limit: %s', async (timeoutNs, text) => {
    const { out } = await run(['bad.yaml'], { timeoutNs });
    expect(out).toContain(`     run it again: qemu-loop run bad.yaml --host sim${text}\n`);
  });

  it('refuses a wrong file with 2, and still runs the others', async () => {
    const { status, out, err } = await run(['wrong.yaml', 'good.yaml', 'gone.yaml']);
    expect(status).toBe(2);
    expect(err).toContain("wrong.yaml:2:9: found 'stepp', expected an action");
    expect(err).toContain('no scenario gone.yaml: expected a YAML file');
    expect(out).toContain('1 passed');
  });

  it('does not find a pattern under a directory that does not exist', async () => {
    const { status, err } = await run(['nowhere/*.yaml']);
    expect(status).toBe(2);
    expect(err).toBe(
      'qemu-loop: no scenario nowhere/*.yaml: expected a YAML file, a directory of them, or a pattern\n',
    );
  });

  it('refuses more runs than memory holds, before the first', async () => {
    const many = run(['good.yaml', 'many'], { seeds: [1, 2], repeat: 200_000 });
    await expect(many).rejects.toThrow('that is more than 1000000 runs');
  });

  it('does not suggest repeating a run that every host refuses', async () => {
    writeFileSync(join(dir, 'uring.yaml'), 'name: uring\nfdmon: io_uring\nsteps: []\n');
    const { status, out } = await run(['uring.yaml']);
    expect(status).toBe(2);
    expect(out).toContain('fdmon: io_uring needs qemu: 11');
    expect(out).not.toContain('run it again');
  });

  it('runs once per seed and repetition', async () => {
    const { out } = await run(['good.yaml'], { seeds: [1, 2, 3], repeat: 2, reporter: 'json' });
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.slice(0, 6).map((line) => line.results[0].seed)).toEqual([1, 2, 3, 1, 2, 3]);
    expect(lines[6].totals).toMatchObject({ passed: 6, failed: 0 });
  });

  it.each([
    ['tap', /^ok \d+ - good\.yaml: (.*)$/gm],
    ['junit', / name="(good.*)" time/g],
  ] as const)(
    'names the seed and the repetition in %s, if there are several',
    async (reporter, pattern) => {
      const names = async (
        options: Partial<RunCommandOptions>,
      ): Promise<(string | undefined)[]> => {
        const { out } = await run(['good.yaml'], { reporter, ...options });
        return [...out.matchAll(pattern)].map((match) => match[1]);
      };
      expect(await names({ seeds: [3, 4], repeat: 2 })).toEqual([
        'good (sim, seed 3, run 1)',
        'good (sim, seed 4, run 1)',
        'good (sim, seed 3, run 2)',
        'good (sim, seed 4, run 2)',
      ]);
      expect(await names({ seeds: [3] })).toEqual(['good (sim)']);
      expect(await names({ repeat: 2 })).toEqual(['good (sim, run 1)', 'good (sim, run 2)']);
    },
  );

  it('reports as TAP', async () => {
    const { out } = await run(['good.yaml', 'bad.yaml'], { reporter: 'tap' });
    expect(out.split('\n').slice(0, 6)).toEqual([
      'TAP version 14',
      '1..2',
      'ok 1 - good.yaml: good (sim)',
      'not ok 2 - bad.yaml: bad <&> (sim)',
      '  ---',
      '  message: |',
    ]);
  });

  it("reports as JUnit's XML", async () => {
    const { out } = await run(['good.yaml', 'bad.yaml'], { reporter: 'junit' });
    expect(out).toContain('tests="2" failures="1" errors="0"');
    expect(out).toContain('name="bad &lt;&amp;&gt; (sim)"');
    expect(out).toContain('<failure message="the order log is not as expected (sim)">');
  });

  it('has no character in its XML that XML cannot hold', async () => {
    writeFileSync(join(dir, 'noncharacter.yaml'), 'name: noncharacter\nsteps: ["\\uFFFE"]\n');
    const { out } = await run(['noncharacter.yaml'], { reporter: 'junit' });
    expect(out).toContain("found '\uFFFD', expected an action");
  });

  it('runs on the real host in another process, and on both', async () => {
    const linux = await run(['good.yaml'], { host: 'linux' });
    expect(linux.status).toBe(0);
    const both = await run(['good.yaml', 'bad.yaml'], { host: 'both', jobs: 2 });
    expect(both.status).toBe(1);
    expect(both.out).toContain('sim and linux');
    expect(both.out).toContain('(linux)');
  });

  it('shows side by side how the hosts differ', async () => {
    // Only on the real host does anything but a system call take time.
    writeFileSync(
      join(dir, 'differs.yaml'),
      'name: differs\ntimers: {t: {list: main}}\nsteps: [{arm: {t: 1us}}, {repeat: {times: 200, do: [{log: x}]}}, {check: {timeout: 1ms}}, step]\nexpect: {includes: [x]}\n',
    );
    const { out, status } = await run(['differs.yaml'], { host: 'both' });
    expect(status).toBe(1);
    expect(out).toMatch(/the order logs of the two hosts differ:\n\s+sim\s+\| linux/);
  });

  it('sends a file with a real command to the real host, and compares no order', async () => {
    for (const host of [undefined, 'both'] as const) {
      const { out, status } = await run(['real.yaml'], { host });
      expect(status).toBe(2);
      expect(out.split('\n').slice(1, -2)).toEqual([
        "     child 'a' is a real command, which needs --host linux (sim)",
        '     run it again: qemu-loop run real.yaml --host linux --timeout 120s',
      ]);
    }
    expect((await run(['real.yaml'], { host: 'linux' })).status).toBe(0);
  });

  it('runs a real command on no host, if one of those asked for refuses it', async () => {
    const mark = join(dir, 'mark');
    writeFileSync(
      join(dir, 'marks.yaml'),
      `name: marks\nchildren: {a: {command: "touch ${mark}"}}\nsteps: [{spawn: a}, run]\nexpect: {order: [a exited 0]}\n`,
    );
    expect((await run(['marks.yaml'], { host: 'both' })).status).toBe(2);
    expect(existsSync(mark)).toBe(false);
    expect((await run(['marks.yaml'], { host: 'linux' })).status).toBe(0);
    expect(existsSync(mark)).toBe(true);
  });

  it('leaves the real host out of a comparison if the file is for the simulated one alone', async () => {
    writeFileSync(
      join(dir, 'weak.yaml'),
      'name: weak\niothreads: {io0: {}}\nfaults: [{without: second-look, in: io0}]\nsteps: [{log: a}]\nexpect: {order: {main: [a]}}\n',
    );
    const { out, status } = await run(['weak.yaml'], { host: 'both' });
    expect(status).toBe(0);
    expect(out).toContain('note: not on linux: a fault without second-look');
    expect((await run(['weak.yaml'], { host: 'linux' })).status).toBe(2);
  });

  it('compares no order that is left to chance', async () => {
    writeFileSync(
      join(dir, 'chance.yaml'),
      'name: chance\njitter: 50ms\ntimeline: [{at: 1ms, do: [{log: a}]}, {at: 2ms, do: [{log: b}]}]\nsteps: [run]\nexpect: {never: [poll=1]}\n',
    );
    const seeds = [1, 2, 3, 4, 5, 6];
    const { out, status } = await run(['chance.yaml'], { host: 'both', seeds, reporter: 'json' });
    expect(status).toBe(0);
    const orders = out
      .trim()
      .split('\n')
      .flatMap((line) => JSON.parse(line).results ?? [])
      .map((result) => `${result.host} ${result.order.map((e: { text: string }) => e.text)}`);
    expect(new Set(orders)).toEqual(new Set(['sim a,b', 'sim b,a', 'linux a,b']));
  });

  it('makes the spawn of one child fail on both hosts', async () => {
    writeFileSync(
      join(dir, 'spawn.yaml'),
      'name: spawn\nchildren: {a: {}, b: {}}\nfaults: [{call: spawn, on: b, error: EAGAIN}]\nsteps: [{spawn: a}, {log: on}, {spawn: b}]\nexpect: {order: [on], abort: EAGAIN}\n',
    );
    expect((await run(['spawn.yaml'], { host: 'both' })).status).toBe(0);
  });

  it('gives up on a run that takes too long', async () => {
    writeFileSync(
      join(dir, 'long.yaml'),
      'name: long\nbottom_halves: {a: {do: [{schedule: a}, {cancel: b}]}, b: {do: [{cancel: a}]}}\nsteps: [{schedule: a}, run]\nexpect: {never: [b]}\n',
    );
    for (const host of ['sim', 'linux'] as const) {
      const { out, status } = await run(['long.yaml'], { host, timeoutNs: 0.3e9 });
      expect(status).toBe(1);
      expect(out).toContain('it ran for longer than 0.3 s');
    }
  });

  it('a limit of many days is one', async () => {
    writeFileSync(
      join(dir, 'short.yaml'),
      'name: short\nsteps: [{log: a}]\nexpect: {order: [a]}\n',
    );
    // More ms than a 32-bit number holds.
    const { status } = await run(['short.yaml'], { host: 'linux', timeoutNs: 60 * 86400e9 });
    expect(status).toBe(0);
  });

  it('reports a process that died', async () => {
    writeFileSync(
      join(dir, 'dies.yaml'),
      'name: dies\nhost: linux\nchildren: {k: {command: "kill -9 $PPID; exec sleep 1"}}\nsteps: [{spawn: k}, run]\nexpect: {order: []}\n',
    );
    const { out, status } = await run(['dies.yaml']);
    expect(status).toBe(3);
    expect(out).toContain('the process that ran it was killed by SIGKILL');
  });
});

describe('a file that cannot be read', () => {
  const files = ['good.yaml', 'bad.yaml', 'wrong.yaml', 'gone.yaml'];
  const said = "wrong.yaml:2:9: found 'stepp', expected an action";

  it('is counted for people', async () => {
    const { out, err, status } = await run(files);
    expect(status).toBe(2);
    expect(err).toContain(said);
    expect(out).toContain('1 passed, 1 failed, 2 could not be read in T s\n');
  });

  it('is a test point that is not ok in TAP', async () => {
    const { out, status } = await run(files, { reporter: 'tap' });
    expect(status).toBe(2);
    expect(out.split('\n').slice(0, 7)).toEqual([
      'TAP version 14',
      '1..4',
      'not ok 1 - gone.yaml',
      '  ---',
      '  message: |',
      '    no scenario gone.yaml: expected a YAML file, a directory of them, or a pattern',
      '  ...',
    ]);
    expect(out).toContain(`not ok 2 - wrong.yaml\n  ---\n  message: |\n    ${said}`);
    expect(out).toContain('ok 3 - good.yaml');
  });

  it('is an error in JUnit, with all its problems', async () => {
    writeFileSync(join(dir, 'twice.yaml'), 'name: twice\nsteps: [stepp, pol]\n');
    const { out, err } = await run([...files, 'twice.yaml'], { reporter: 'junit' });
    expect(out).toContain('tests="5" failures="1" errors="3"');
    expect(out).toContain('<testcase classname="wrong.yaml" name="wrong.yaml" time="0.000">');
    expect(out).toContain(`<error message="${said}`);
    expect(out).toMatch(/twice\.yaml:2:9: .*\ntwice\.yaml:2:16: .*<\/error>/);
    expect(err).toMatch(/twice\.yaml:2:9: .*\ntwice\.yaml:2:16: .*\n/);
  });

  it('is an object in JSON, and is in the totals', async () => {
    const { out } = await run(files, { reporter: 'json' });
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const messages = [expect.stringContaining(said)];
    expect(lines[1]).toEqual({ file: 'wrong.yaml', status: 2, messages });
    expect(lines.at(-1).totals).toMatchObject({ passed: 1, failed: 1, errors: 2 });
  });

  it('is reported by a reporter that has nothing else to report', async () => {
    const { out, status } = await run(['wrong.yaml'], { reporter: 'junit' });
    expect(status).toBe(2);
    expect(out).toContain('tests="1" failures="0" errors="1"');
  });
});

describe('check', () => {
  it('only checks', () => {
    let [out, err] = ['', ''];
    const output = {
      out: (text: string): void => {
        out += text;
      },
      err: (text: string): void => {
        err += text;
      },
    };
    expect(
      checkCommand(null, { files: [join(dir, 'good.yaml'), join(dir, 'bad.yaml')] }, output),
    ).toBe(0);
    expect(out).toBe('2 files are right\n');
    expect(checkCommand(null, { files: [join(dir, 'wrong.yaml')] }, output)).toBe(2);
    expect(err).toContain("found 'stepp'");
  });
});

describe('files', () => {
  it('are found in directories, and by patterns', () => {
    const names = (arg: string): string[] =>
      findScenarios([join(dir, arg)]).files.map((file) => file.slice(dir.length + 1));
    expect(names('many')).toEqual(['many/b.yaml', 'many/deep/a.yml']);
    const twice = [`${dir}/many/b.yaml`, `${dir}/many/./b.yaml`, `${dir}/many`];
    expect(findScenarios(twice).files.length).toBe(2);
    expect(names('*.yaml')).toContain('good.yaml');
    expect(names('*.yaml')).not.toContain('many/b.yaml');
    expect(names('**/*.y*ml')).toContain('many/deep/a.yml');
    expect(names('many/[ab].yaml')).toEqual(['many/b.yaml']);
    expect(findScenarios([join(dir, 'x*.yaml')]).missing.length).toBe(1);
  });

  it('are not there, or a directory has none', () => {
    mkdirSync(join(dir, 'none'));
    const message = (arg: string): string =>
      findScenarios([join(dir, arg)]).missing[0]!.message.replace(`${dir}/`, '');
    expect(message('none')).toBe(
      'no scenario in none: the directory has no file *.yaml or *.yml, at any depth',
    );
    expect(message('gone')).toBe(
      'no scenario gone: expected a YAML file, a directory of them, or a pattern',
    );
  });
});

describe('the command line', () => {
  it('has its defaults', () => {
    expect(parseRun(['a.yaml', 'b'])).toEqual({
      files: ['a.yaml', 'b'],
      host: undefined,
      seeds: [],
      schedule: null,
      recordLast: null,
      recordSignal: undefined,
      repeat: 1,
      jobs: 1,
      reporter: 'pretty',
      timeoutNs: 60e9,
      trace: null,
      report: undefined,
      watch: false,
      explain: false,
      qemuBuild: undefined,
      printExpect: false,
      color: 'auto',
    });
    expect(parseRun(['--json', '--seeds', '3..5', '--timeout', '2s', 'a'])).toMatchObject({
      reporter: 'json',
      seeds: [3, 4, 5],
      timeoutNs: 2e9,
    });
    expect(parseRun(['--watch', '--report', 'r.html', 'a'])).toMatchObject({
      watch: true,
      report: 'r.html',
      timeoutNs: null,
    });
    expect(parseRun(['--timeout', '0', 'a'])).toMatchObject({ timeoutNs: null });
    expect(parseCheck(['a'])).toEqual({ files: ['a'], version: undefined });
    expect(parseCheck(['--qemu', '11', 'a'])).toEqual({ files: ['a'], version: '11' });
    expect(parseRun(['--qemu', '11', 'a'])).toMatchObject({ version: '11' });
  });

  it.each([
    [[], 'there is nothing to run'],
    [['--host', 'x', 'a'], "argument 'x' is invalid"],
    [['--seeds', '5..3', 'a'], 'expected a range such as 1..100'],
    [['--seeds', '4294967295..4294967296', 'a'], 'of seeds from 0 to 4294967295'],
    [['--seed', '-1', 'a'], 'expected a seed from 0 to 4294967295'],
    [['--seed', '4294967296', 'a'], 'expected a seed from 0 to 4294967295'],
    [['--seed', '1', '--seeds', '1..2', 'a'], 'exclude each other'],
    [['--timeout', '5', 'a'], 'it needs a unit'],
    [['--repeat', '0', 'a'], 'expected a number above 0'],
    [['--repeat', '1000001', 'a'], 'it is more than 1000000'],
    [['--seeds', '0..4294967295', 'a'], 'it is more than 1000000 runs'],
    [['--trace-file', 'x', 'a'], 'has no format: write log:x'],
    [['--json', '--reporter', 'tap', 'a'], '--json and --reporter tap exclude each other'],
  ])('refuses %j', (args, message) => {
    expect(() => parseRun(args)).toThrow(message);
    expect(() => parseRun(args)).toThrow(/ \(see qemu-loop run --help\)$/);
  });

  it('refuses a check of nothing, and accepts repetitions', () => {
    expect(() => parseCheck([])).toThrow(
      'there is nothing to check: add a file or a directory (see qemu-loop check --help)',
    );
    expect(parseRun(['--json', '--reporter', 'json', 'a'])).toMatchObject({ reporter: 'json' });
  });

  it('shows its help', () => {
    const { text } = parseRun(['--help']) as AskedText;
    expect(text).toContain('Exit status:');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    // The files that its examples name are shipped.
    const named = [...text.matchAll(/scenarios\/\w+\.yaml/g)].map(([file]) => file);
    expect(named.length).toBeGreaterThan(2);
    for (const file of named) {
      expect(existsSync(join(root, file))).toBe(true);
    }
  });
});
