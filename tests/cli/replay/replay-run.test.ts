/** `qemu-loop run --record`, and its replay. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command, type Ended, root, run } from '../../support/run.ts';
import { testDirectory } from '../../support/terminal.ts';
import { cutOff, withHeader } from './files.ts';

const SIGCHLD = join(root, 'scenarios', 'sigchld.yaml');
/** Without expectations, so that its live log is shown. */
const LOOKED_AT = `
name: looked at
bottom_halves: {a: {do: [{schedule: b}]}, b: {}}
children: {c: {exit: 3, after: 2ms}}
steps: [{schedule: a}, step, {spawn: c}, step, step, step]
`;

const linux = ['run', '--host', 'linux'];

function verdict({ stdout }: Pick<Ended, 'stdout'>): string {
  return stdout.replace(/\d+ passed.*\n$/, '');
}

describe('a run that was recorded', () => {
  let dir: string;
  let record: string;
  let first: Pick<Ended, 'status' | 'stdout' | 'stderr'>;

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'replay-run-'));
    record = join(dir, 'run.rec');
    const trace = ['--trace-file', `json:${join(dir, 'first.json')}`];
    const args = [command, ...linux, '--record', record, ...trace, SIGCHLD];
    first = spawnSync(process.execPath, args, { encoding: 'utf8' });
  });

  afterAll(() => rmSync(dir, { recursive: true }));

  test('has the same verdict and the same trace, byte for byte', async () => {
    expect(first).toMatchObject({ status: 0, stderr: '' });
    const again = join(dir, 'again.json');
    const ended = await run(['replay', '--trace-file', `json:${again}`, record]);
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(ended.stdout).toBe(verdict(first));
    expect(readFileSync(again, 'utf8')).toBe(readFileSync(join(dir, 'first.json'), 'utf8'));
  });

  test('has a report', async () => {
    const page = join(dir, 'page.html');
    const ended = await run(['replay', '--report', page, record]);
    expect(ended.status).toBe(0);
    expect(readFileSync(page, 'utf8')).toContain('a child dies and is reaped');
  });

  test('is replayed up to an iteration', async () => {
    const trace = ['--trace', 'main_loop_wait_*', '--trace-file', `json:${join(dir, 'two.json')}`];
    const ended = await run(['replay', '--to', '2', ...trace, record]);
    expect(ended.status).toBe(0);
    const events = readFileSync(join(dir, 'two.json'), 'utf8').match(/"main_loop_wait_\w+"/g);
    const one = ['"main_loop_wait_begin"', '"main_loop_wait_end"'];
    expect(events).toEqual([...one, ...one]);
    expect(ended.stderr).toContain('the replay ends before iteration 3, as asked');
  });

  test('up to an iteration that it does not have is replayed whole, and says so', async () => {
    const ended = await run(['replay', '--to', '99', record]);
    expect(ended.status).toBe(0);
    expect(ended.stderr).toMatch(/the run ended after iteration \d, before --to 99\n$/);
  });

  test('and is cut off anywhere replays up to there, and says so', async () => {
    for (const bytes of [1, 40, 200]) {
      const ended = await run(['replay', cutOff(record, bytes)]);
      expect(ended.status).toBe(125);
      expect(ended.stderr).toMatch(/is cut off in iteration \d+, after \d+ calls\n$/);
    }
  });

  test('by a program that has changed differs, and says where', async () => {
    const changed = withHeader(record, (header) => ({
      ...header,
      program: {
        ...header.program,
        text: `${header.program.text}`.replace('after: 10ms', 'after: 9ms'),
      },
    }));
    const text = String(readFileSync(changed, 'latin1'));
    expect(text).toContain('after: 9ms');
    const ended = await run(['replay', changed]);
    expect(ended.status).toBe(125);
    expect(ended.stderr).toMatch(
      /the replay differs: iteration \d+, call \d+: recorded \w+\(.*\), now \w+\(.*\)\n$/,
    );
  });

  test('by another version says which', async () => {
    const changed = withHeader(record, (header) => ({
      ...header,
      version: '0.0.1',
      program: {
        ...header.program,
        text: `${header.program.text}`.replace('after: 10ms', 'after: 9ms'),
      },
    }));
    const ended = await run(['replay', changed]);
    expect(ended.stderr).toContain('qemu-loop 0.0.1 has made the record');
  });
});

describe('a run without expectations', () => {
  test('has the same live log, byte for byte; and events that were off', async () => {
    const dir = testDirectory();
    const [file, record] = [join(dir, 'a.yaml'), join(dir, 'a.rec')];
    writeFileSync(file, LOOKED_AT);
    const first = await run([...linux, '--record', record, file]);
    expect(first.stderr).toContain('order log');
    const again = await run(['replay', record]);
    expect(again.stderr).toBe(first.stderr);
    const traced = join(dir, 'traced.json');
    expect((await run(['replay', '--trace-file', `json:${traced}`, record])).status).toBe(0);
    const text = readFileSync(traced, 'utf8');
    expect(text).toContain('"main_loop_phase"');
    const times = [...text.matchAll(/"ns":(\d+)/g)].map(([, time]) => Number(time));
    expect(times.length).toBeGreaterThan(20);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
});

describe('a record is refused', () => {
  test.each([
    ['of a simulated run', ['--host', 'sim', SIGCHLD], /the same each time, by its seed/],
    ['of several runs', ['--host', 'both', SIGCHLD], /--record shows one run|--record is for/],
    ['with the view', ['--host', 'linux', '--watch', SIGCHLD], /--record and --watch/],
  ])('%s', async (_what, args, message) => {
    const path = join(testDirectory(), 'x.rec');
    const ended = await run(['run', '--record', path, ...args]);
    expect(ended.status).toBe(2);
    expect(ended.stderr).toMatch(message);
  });

  test('if it is another file', async () => {
    const ended = await run(['replay', SIGCHLD]);
    expect(ended).toMatchObject({ status: 2, stdout: '' });
    expect(ended.stderr).toMatch(/this is no record/);
  });
});
