/** Traces of the command, as a process, to its end however it comes. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EVENT_NAMES } from '../../../src/trace/catalogue.ts';
import { traceEventsFile } from '../../../src/trace/events-file.ts';
import { readTrace, type TraceRecord } from '../../../src/trace/read.ts';
import { run, start, untilState } from '../../support/run.ts';
import { checkChrome } from '../../trace/chrome-checker.ts';

let dir: string;
let files = 0;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'qemu-loop-trace-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function newFile(): string {
  return join(dir, `trace-${++files}`);
}

function events(path: string): readonly TraceRecord[] {
  const { events: all, truncated } = readTrace(readFileSync(path));
  expect(truncated).toBe(false);
  return all;
}

/** Events of a whole run of one child that exits with 3, in this order. */
const CHAIN = [
  'child_spawn',
  'poll_return',
  'fd_handler_begin',
  'signalfd_record',
  'sigaction_lookup',
  'signal_handler_begin',
  'aio_bh_enqueue',
  'aio_bh_poll',
  'aio_bh_call_begin',
  'child_reap',
  'aio_bh_call_end',
  'main_loop_wait_end',
];

function expectChain(names: readonly string[]): void {
  let at = 0;
  for (const name of names) if (name === CHAIN[at]) at++;
  expect(CHAIN.slice(at)).toEqual([]);
}

describe('--trace-file', () => {
  test('every format at once, for a child that exits', async () => {
    const [log, json, simple, chrome] = [newFile(), newFile(), newFile(), newFile()];
    const args = [`log:${log}`, `json:${json}`, `simple:${simple}`, `chrome:${chrome}`];
    const traces = args.flatMap((arg) => ['--trace-file', arg]);
    const ended = await run(['-q', ...traces, '--spawn', 'exit 3']);
    expect(ended).toMatchObject({ status: 3, stderr: '' });
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    const names = lines.map((line) => /^\d+@\d+\.\d{6}:(\w+) /.exec(line)![1]!);
    expectChain(names);
    for (const path of [json, simple]) {
      expect(events(path).map(({ name }) => name)).toEqual(names);
      const reap = events(path).find(({ name }) => name === 'child_reap');
      expect(reap?.args).toMatchObject({ name: '1', code: 1, status: 3 });
    }
    const withoutTid = events(simple).map(({ tid: _tid, ...event }) => event);
    expect(events(json)).toEqual(withoutTid);
    expect(readFileSync(`${simple}.trace-events`, 'utf8')).toBe(traceEventsFile());
    const { problems, tracks, slices } = checkChrome(readFileSync(chrome, 'utf8'));
    expect(problems).toEqual([]);
    expect([...tracks.values()]).toEqual(['main loop', 'child 1']);
    expect(slices.map(({ name }) => name)).toContain('exited 3');
  });

  test('only the events that were chosen', async () => {
    const [file, list] = [newFile(), newFile()];
    writeFileSync(list, '# children\nchild_*\ntimer_*\n-child_status\n');
    const choice = ['--trace-events', list, '--trace', 'signalfd_*', '--trace', '-signalfd_read'];
    await run([
      '-q',
      '--trace-file',
      file,
      '--trace-format',
      'json',
      ...choice,
      '--spawn',
      'exit 0',
    ]);
    const names = new Set(events(file).map(({ name }) => name));
    expect([...names]).toEqual(['child_spawn', 'signalfd_record', 'child_reap']);
  });

  test('--trace-ring keeps the last, and says how many it lost', async () => {
    const [ring, whole] = [newFile(), newFile()];
    // Whether it comes is a matter of time.
    const args = ['-q', '--trace', '-thread_cputime', '--spawn', 'exit 0'];
    await run([...args, '--trace-file', `simple:${ring}`, '--trace-ring', '20']);
    await run([...args, '--trace-file', `simple:${whole}`]);
    const kept = readTrace(readFileSync(ring));
    expect(kept.events).toHaveLength(20);
    expect(kept.dropped).toBeGreaterThan(0);
    const last = events(whole).slice(-20);
    expect(kept.events.map(({ name }) => name)).toEqual(last.map(({ name }) => name));
  });

  test('a full disk ends the trace, not the run', async () => {
    const { status, stderr } = await run([
      '-q',
      '--trace-file',
      'json:/dev/full',
      '--spawn',
      'exit 3',
    ]);
    expect(status).toBe(3);
    expect(stderr).toMatch(
      /^qemu-loop: the trace \/dev\/full ends here: No space left on device \(ENOSPC\)\n$/,
    );
  });
});

describe('a trace is complete however the run ends', () => {
  const ring = ['--trace-ring', '100000'];

  test.each([
    ['SIGTERM', []],
    ['SIGINT', []],
    ['SIGTERM', ring],
  ] as const)('%s %j', async (signal, more) => {
    const [simple, chrome] = [newFile(), newFile()];
    const traces = ['--trace-file', `simple:${simple}`, '--trace-file', `chrome:${chrome}`];
    const running = start(['-q', ...traces, ...more, '--spawn', 'echo ready; exec sleep 100']);
    await running.until(/ready/);
    running.kill(signal);
    await running.end();
    const names = events(simple).map(({ name }) => name);
    expect(names).toContain('child_reap');
    // The last events come from closing the loop.
    expect(names.at(-1)).toMatch(/aio_set_fd_handler|aio_notify/);
    expect(checkChrome(readFileSync(chrome, 'utf8')).problems).toEqual([]);
  });

  test.each([[[]], [ring]] as const)('SIGABRT %j', async (more) => {
    const [simple, chrome] = [newFile(), newFile()];
    const traces = ['--trace-file', `simple:${simple}`, '--trace-file', `chrome:${chrome}`];
    const running = start(['-q', ...traces, ...more, '--spawn', 'echo $$; exec sleep 100']);
    const child = Number((await running.until(/(\d+)\n/))[1]);
    await untilState(running.pid, 'S');
    running.kill('SIGABRT');
    await untilState(running.pid, 'Z');
    // It ends by the signal of --kill-child.
    await untilState(child, 'Z');
    const { signal, stderr } = await running.end();
    expect({ signal, stderr }).toEqual({ signal: 'SIGABRT', stderr: '' });
    expect(events(simple).at(-1)).toMatchObject({
      name: 'signal_handler_begin',
      args: { signo: 6 },
    });
    const { problems, slices } = checkChrome(readFileSync(chrome, 'utf8'));
    expect(problems).toEqual([]);
    expect(slices.map(({ name }) => name)).toContain('abort');
  });

  test('an error of our own', async () => {
    const file = newFile();
    const { status } = await run(['--trace-file', `json:${file}`, '--', '/nonexistent/program']);
    expect(status).toBe(127);
    expect(events(file).map(({ name }) => name)).toContain('aio_set_fd_handler');
  });
});

describe('errors are one line', () => {
  test.each([
    [['--trace-file', 'x'], 2, /has no format: write log:x/],
    [['--trace-file', 'crome:x'], 2, /no trace format crome: did you mean chrome\?.*\.\/crome:x/],
    [['--trace-file', 'json:'], 2, /has no file/],
    [['--trace-file', ''], 2, /is empty/],
    [['--trace-file', 'json:x', '--trace-file', 'log:./x'], 2, /two traces go to/],
    [['--trace-format', 'xml'], 2, /expected one of log, json, simple, chrome/],
    [['--trace', 'aio_*'], 2, /--trace needs --trace-file/],
    [['--trace-ring', '5'], 2, /--trace-ring needs --trace-file/],
    [['--trace-ring', '0', '--trace-file', 'json:x'], 2, /from 1 to 4000000/],
    [['--trace', 'aio_notfy', '--trace-file', 'json:x'], 2, /did you mean aio_notify/],
    [['--trace', 'zzz*', '--trace-file', 'json:x'], 2, /qemu-loop trace list/],
    [['--trace-events', '/nonexistent', '--trace-file', 'json:x'], 2, /ENOENT/],
    [
      ['--trace-file', 'json:/nonexistent/x'],
      125,
      /cannot write the trace \/nonexistent\/x: No such file or directory \(ENOENT\)/,
    ],
  ])('%j', async (args, status, message) => {
    const ended = await run([...args, '--spawn', 'exit 0'], { cwd: dir });
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(ended.status).toBe(status);
  });
});

describe('qemu-loop trace', () => {
  test('list: every event with its arguments and help, in 80 columns', async () => {
    const { status, stdout } = await run(['trace', 'list']);
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    const names = lines.map((line) => line.split(' ')[0]).filter((name) => name !== '');
    expect(names).toEqual(EVENT_NAMES);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    const columns = new Set(lines.map((line) => /^(\w* +)/.exec(line)![1]!.length));
    expect(columns.size).toBe(2);
  });

  test('list GLOB: the events that match', async () => {
    const { stdout } = await run(['trace', 'list', 'child_*']);
    expect(stdout.match(/^\w+/gm)).toEqual(['child_spawn', 'child_status', 'child_reap']);
    expect(stdout).toMatch(
      /^child_status +pid, name, code, status\n +a child stopped or went on$/m,
    );
  });

  test('events: a trace-events file', async () => {
    expect(await run(['trace', 'events'])).toMatchObject({ status: 0, stdout: traceEventsFile() });
  });

  test.each([
    [['trace'], /nothing to show: expected list or events/],
    [['trace', 'lst'], /did you mean list/],
    [['trace', 'list', 'zzz'], /no trace event is called zzz/],
    [
      ['trace', 'list', '[z-a]*'],
      /the pattern \[z-a\]\* is wrong: .* have no \[, .* \* and \? only/,
    ],
    [['trace', 'events', 'x'], /unexpected argument 'x'/],
  ])('%j is refused', async (args, message) => {
    const { status, stdout, stderr } = await run(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
