/** Traces and reports of `qemu-loop run`, as a process, on both hosts. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadScenario } from '../../src/scenario/load.ts';
import { runScenario } from '../../src/scenario/run/run.ts';
import { SimWorld } from '../../src/scenario/run/sim-world.ts';
import { CATALOGUE, EV, type EventDef } from '../../src/trace/catalogue.ts';
import { traceEventsFile } from '../../src/trace/events-file.ts';
import { readTrace, type TraceRecord } from '../../src/trace/read.ts';
import { formatEvent } from '../../src/trace/tracer.ts';
import { run } from '../support/run.ts';
import { checkChrome } from '../trace/chrome-checker.ts';

const CHILD = `name: a child
children: {c: {after: 5ms, exit: 3}}
steps: [settle, {spawn: c}, run]
expect: {order: [c exited 3]}
`;
const ENDS = {
  failure: 'bottom_halves: {a: {}}\nsteps: [{schedule: a}, step]\nexpect: {order: [mlw]}\n',
  abort: 'coroutines: {c: {do: [{enter: c}]}}\nsteps: [{enter: c}]\n',
  timeout:
    'bottom_halves: {a: {do: [{schedule: a}, {cancel: b}]}, b: {do: [{cancel: a}]}}\nsteps: [{schedule: a}, run]\nexpect: {never: [b]}\n',
  deadlock: 'fds: {e: {}}\nsteps: [settle, {main_loop_wait: blocking}]\n',
};

let dir: string;
let files = 0;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'qemu-loop-run-trace-'));
  writeFileSync(path('child.yaml'), CHILD);
  writeFileSync(path('busy.yaml'), `name: busy\n${ENDS.timeout.replace(/expect:.*\n/, '')}`);
  for (const [name, text] of Object.entries(ENDS)) {
    writeFileSync(path(`${name}.yaml`), `name: ${name}\n${text}`);
  }
});
afterAll(() => rmSync(dir, { recursive: true }));

const path = (name: string): string => join(dir, name);
const newFile = (): string => path(`trace-${++files}`);

function events(file: string): readonly TraceRecord[] {
  const { events: all, truncated } = readTrace(readFileSync(file));
  expect(truncated).toBe(false);
  return all;
}

/** As a run's own record of its trace has it. */
function line({ name, timeNs, args }: TraceRecord): string {
  const { args: declared }: EventDef = CATALOGUE[name];
  const values = declared.map(([arg]) => args[arg]);
  return `${timeNs} ${name} ${formatEvent(EV[name], values)}`;
}

test('a live log that is read slowly waits, and is no fault of the run', async () => {
  let written = 0;
  // More than a pipe holds, however little of the machine is ours.
  for (const limit of ['300ms', '3s', '30s']) {
    const { status, stderr } = await run(['run', '--timeout', limit, path('busy.yaml')]);
    expect(status).toBe(1);
    written = stderr.length;
    if (written > 100_000) break;
  }
  expect(written).toBeGreaterThan(100_000);
});

test('the live log of a simulated run shows its ns', async () => {
  writeFileSync(path('hello.yaml'), 'name: hello\nsteps: [{log: a}, {block: 5ns}, {log: b}]\n');
  const { stderr } = await run(['run', path('hello.yaml')]);
  const [a, b] = stderr.split('\n').map((text) => /^0\.(\d{9}) order log {13}\w$/.exec(text)?.[1]);
  expect(Number(b) - Number(a)).toBe(5);
  const real = await run(['run', '--host', 'linux', path('hello.yaml')]);
  expect(real.stderr).toMatch(/^0\.\d{6} order log {13}a\n/);
});

describe('run --trace-file', () => {
  test.each(['sim', 'linux'])('every format at once, on %s', async (host) => {
    const [log, json, simple, chrome] = [newFile(), newFile(), newFile(), newFile()];
    const args = [`log:${log}`, `json:${json}`, `simple:${simple}`, `chrome:${chrome}`];
    const traces = args.flatMap((arg) => ['--trace-file', arg]);
    const ended = await run(['run', '--host', host, ...traces, path('child.yaml')]);
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    const all = events(json);
    expect(events(simple).map(({ tid: _tid, ...event }) => event)).toEqual(all);
    const names = all.map(({ name }) => name);
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    expect(lines.map((text) => /^\d+@\d+\.\d{6}:(\w+) /.exec(text)![1])).toEqual(names);
    const reap = all.find(({ name }) => name === 'child_reap');
    expect(reap?.args).toMatchObject({ name: 'c', code: 1, status: 3 });
    // The closing, which takes handlers away, is no part of it.
    expect(names.at(-1)).toBe('main_loop_wait_end');
    expect(readFileSync(`${simple}.trace-events`, 'utf8')).toBe(traceEventsFile());
    const { problems, tracks } = checkChrome(readFileSync(chrome, 'utf8'));
    expect(problems).toEqual([]);
    expect([...tracks.values()]).toEqual(['main loop', 'child c']);
  });

  test('changes nothing of a simulated run, whose times it has', async () => {
    const file = newFile();
    await run(['run', '--trace-file', `json:${file}`, path('child.yaml')]);
    const { scenario } = loadScenario(CHILD, 'child.yaml');
    const { trace } = runScenario(scenario!, (seed) => new SimWorld(seed), { trace: true });
    expect(events(file).map(line)).toEqual(trace);
  });

  test('the simulated calendar and process, so that the same file gives the same bytes', async () => {
    const [one, two] = [newFile(), newFile()];
    await run(['run', '--trace-file', `log:${one}`, path('child.yaml')]);
    await run(['run', '--jobs', '2', '--trace-file', `log:${two}`, path('child.yaml')]);
    expect(readFileSync(one, 'utf8')).toBe(readFileSync(two, 'utf8'));
    expect(readFileSync(one, 'utf8')).toMatch(/^1000@1600000000\.000000:/);
  });

  test.each(['sim', 'linux'])('chosen events, and the last of them, on %s', async (host) => {
    const file = newFile();
    const choice = ['--trace', 'child_*', '--trace', 'main_loop_wait_*', '--trace-ring', '2'];
    const where = ['--trace-format', 'json', '--trace-file', file];
    await run(['run', '--host', host, ...choice, ...where, path('child.yaml')]);
    const { events: kept, dropped } = readTrace(readFileSync(file));
    expect(kept.map(({ name }) => name)).toEqual(['child_reap', 'main_loop_wait_end']);
    expect(dropped).toBeGreaterThan(5);
  });

  test.each([
    ['sim', 'failure', /the order log is not as expected/],
    ['linux', 'failure', /the order log is not as expected/],
    ['sim', 'abort', /./],
    ['linux', 'abort', /./],
    ['sim', 'timeout', /longer than 0\.3 s/],
    ['linux', 'timeout', /longer than 0\.3 s/],
    ['sim', 'deadlock', /blocks for ever/],
    ['linux', 'deadlock', /longer than 0\.3 s/],
  ])('is whole on %s after a %s', async (host, name, message) => {
    const [json, chrome] = [newFile(), newFile()];
    const traces = ['--trace-file', `json:${json}`, '--trace-file', `chrome:${chrome}`];
    // A busy loop has more events than anybody wants to read back.
    const choice = name === 'timeout' ? ['--trace-ring', '1000'] : [];
    const limit = ['--timeout', '300ms'];
    const ended = await run([
      'run',
      '--host',
      host,
      ...limit,
      ...choice,
      ...traces,
      path(`${name}.yaml`),
    ]);
    expect(ended).toMatchObject({ status: 1, stderr: '' });
    expect(ended.stdout).toMatch(message);
    expect(events(json).length).toBeGreaterThan(0);
    expect(checkChrome(readFileSync(chrome, 'utf8')).problems).toEqual([]);
  });

  test.each(['sim', 'linux'])(
    'that cannot be written on ends there in one line, on %s',
    async (host) => {
      const args = ['--host', host, '--trace-file', 'log:/dev/full'];
      const { status, stderr, stdout } = await run(['run', ...args, path('child.yaml')]);
      expect(status).toBe(0);
      expect(stdout).toMatch(/1 passed/);
      expect(stderr).toMatch(
        /^qemu-loop: the trace \/dev\/full ends here: No space left on device \(ENOSPC\)\n$/,
      );
    },
  );

  test.each(['sim', 'linux'])(
    'that cannot be opened is told before the run, on %s',
    async (host) => {
      const args = ['--host', host, '--trace-file', 'log:/nonexistent/x'];
      const { status, stderr, stdout } = await run(['run', ...args, path('child.yaml')]);
      expect({ status, stdout }).toEqual({ status: 125, stdout: '' });
      expect(stderr).toMatch(
        /^qemu-loop: cannot write the trace \S+: No such file or directory \(ENOENT\)\n$/,
      );
    },
  );
});

describe('run --report', () => {
  test.each(['sim', 'linux'])('draws the run, on %s', async (host) => {
    const page = newFile();
    const file = path('child.yaml');
    const { status, stderr } = await run(['run', '--host', host, '--report', page, file]);
    expect(status).toBe(0);
    // A busy machine holds up a real run, and the report says so.
    const found = host === 'sim' ? 'nothing found' : '(nothing found|\\d+ findings?)';
    expect(stderr).toMatch(new RegExp(`^.*: \\d+ events, ${found}\\n`));
    const html = readFileSync(page, 'utf8');
    expect(html).toContain(`<title>a child (${file}) – qemu-loop report</title>`);
    expect(html).toContain('sigchld_bh');
  });

  test('draws one that failed, and refuses before the run what it could not write', async () => {
    const page = newFile();
    const failed = await run(['run', '--report', page, path('failure.yaml')]);
    expect(failed.status).toBe(1);
    expect(failed.stderr).toMatch(/: \d+ events, /);
    expect(existsSync(page)).toBe(true);
    const refused = await run(['run', '--report', '/nonexistent/x', path('child.yaml')]);
    expect(refused).toMatchObject({ status: 125, stdout: '' });
    expect(refused.stderr).toMatch(
      /^qemu-loop: cannot write the report \S+: No such file or directory \(ENOENT\)\n$/,
    );
  });
});

describe('what shows one run', () => {
  test.each([
    [
      ['--trace-file', 'log:x', '--host', 'both'],
      '--trace-file shows one run, and there are 2: name one file, one --host and one --seed',
    ],
    [
      ['--report', 'x', '--seeds', '1..5'],
      '--report shows one run, and there are 5: name one file, one --host and one --seed',
    ],
    [
      ['--report', 'x', '--repeat', '3'],
      '--report shows one run, and there are 3: name one file, one --host and one --seed, and leave --repeat out',
    ],
    [
      ['--trace', 'x'],
      '--trace needs --trace-file, such as --trace-file log:/dev/stderr (see qemu-loop run --help)',
    ],
    [
      ['--trace-file', 'lg:x'],
      'there is no trace format lg: did you mean log? (a file of that name is ./lg:x) (see qemu-loop run --help)',
    ],
  ])('refuses %j', async (args, message) => {
    const ended = await run(['run', ...args, path('child.yaml')], { cwd: dir });
    expect(ended).toMatchObject({ status: 2, stdout: '', stderr: `qemu-loop: ${message}\n` });
    expect(existsSync(path('x'))).toBe(false);
  });
});
