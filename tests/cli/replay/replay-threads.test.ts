/** `qemu-loop run --record` of a file with several threads, and its replay. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { command, type Ended, run } from '../../support/run.ts';
import { cutOff, withHeader } from './files.ts';

/** A thread of each kind. Without expectations, so that the live log is shown. */
const FILE = `
name: each kind of thread
iothreads: {io0: {poll_max: 30us}}
words: [done]
bottom_halves:
  a: {in: io0, do: [{log: a of io0}, {block: 1ms}, {schedule: b}]}
  b: {do: [{add: {done: 1}}]}
threads:
  t: {do: [{lock: bql}, {log: t has the lock}, {unlock: bql}, {block: 2ms}, {schedule: a}, {add: {done: 1}}]}
vcpus:
  cpu0: {loop: 2, do: [{lock: bql}, {log: runs}, {block: 3ms}, {unlock: bql}, {add: {done: 1}}]}
requests: {r: {work: [{log: works}, {block: 4ms}], do: [{add: {done: 1}}]}}
steps:
  - settle
  - submit: r
  - main_loop_wait: {until: {done: 5}, quiet: true}
  - {log: over}
`;

let dir: string;
let record: string;
let first: Pick<Ended, 'status' | 'stderr'>;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'replay-threads-'));
  record = join(dir, 'run.rec');
  const args = recording(record, FILE, '--trace-file', `json:${join(dir, 'first.json')}`);
  first = spawnSync(process.execPath, [command, ...args], { encoding: 'utf8' });
});

afterAll(() => rmSync(dir, { recursive: true }));

function recording(path: string, text: string, ...options: string[]): string[] {
  writeFileSync(`${path}.yaml`, text);
  return ['run', '--host', 'linux', '--record', path, ...options, `${path}.yaml`];
}

function recorded(...args: Parameters<typeof recording>): Promise<Ended> {
  return run(recording(...args));
}

/** The record of a file in which this thread does something else. */
function changed(from: string, to: string): string {
  expect(FILE).toContain(from);
  return withHeader(record, (header) => {
    const text = String(header.program.text).replace(from, to);
    return { ...header, program: { ...header.program, text } };
  });
}

test('the log and the trace of all threads are the same, byte for byte', async () => {
  expect(first.status).toBe(0);
  for (const entry of ['cpu0: runs', 'io0: a of io0', 't: t has the lock', 'worker: works']) {
    expect(first.stderr).toContain(entry);
  }
  const again = join(dir, 'again.json');
  const replay = await run(['replay', '--trace-file', `json:${again}`, record]);
  expect(replay).toMatchObject({ status: 0, stderr: first.stderr });
  const text = readFileSync(join(dir, 'first.json'), 'utf8');
  expect(readFileSync(again, 'utf8')).toBe(text);
  expect(text).toContain('"thread_pool_work"');
});

test('events that were off are those of all threads', async () => {
  const path = join(dir, 'off.rec');
  const plain = await recorded(path, FILE);
  const trace = join(dir, 'off.json');
  const replay = await run(['replay', '--trace-file', `json:${trace}`, path]);
  expect(replay).toMatchObject({ status: 0, stderr: plain.stderr });
  const text = readFileSync(trace, 'utf8');
  for (const name of ['io0', 't', 'cpu0']) expect(text).toContain(`"thread":"${name}"`);
});

test('a record that is cut off anywhere is replayed up to there', async () => {
  const { length } = readFileSync(record);
  const cuts = [1, 30, Math.floor(length / 8), Math.floor(length / 4)];
  const ends = await Promise.all(cuts.map((bytes) => run(['replay', cutOff(record, bytes)])));
  for (const { status, stderr } of ends) {
    expect(stderr).toMatch(/is cut off in iteration \d+, after \d+ calls\n$/);
    expect(status).toBe(125);
  }
});

// Only the argument of a call is another one: whatever the turns were, it shows there.
test.each([
  ['io0', 1],
  ['t', 2],
  ['cpu0', 3],
  ['worker', 4],
])('a change in %s differs there, and says so', async (thread, ms) => {
  const { status, stderr } = await run(['replay', changed(`block: ${ms}ms`, 'block: 7ms')]);
  const calls = `recorded poll\\(.*, ${ms}000000 ns\\), now poll\\(.*, 7000000 ns\\)`;
  const differs = `the replay differs: thread '${thread}', call \\d+: ${calls}\\n$`;
  expect(stderr).toMatch(new RegExp(differs));
  expect(status).toBe(125);
});

test('an iteration is the last one if it is asked for', async () => {
  const { status, stderr } = await run(['replay', '--to', '0', record]);
  expect(stderr).toContain('the replay ends before iteration 1, as asked');
  expect(status).toBe(0);
});

test('an abort in a thread comes out, while others still run', async () => {
  const path = join(dir, 'abort.rec');
  const text = `
name: abort in a thread
iothreads: {io0: {}}
threads: {t: {do: [{lock: bql}, {lock: bql}]}, u: {do: [{compute: 60s}]}}
steps: [settle, {run: {for: 5s}}]
`;
  const ran = await recorded(path, text);
  expect(ran.status).toBe(1);
  expect(ran.stdout).toContain('t: qemu_mutex_lock_iothread_impl: assertion failed');
  const { status, stdout, stderr } = await run(['replay', path]);
  expect(stderr).toBe(ran.stderr);
  expect(stdout).toBe(ran.stdout.replace(/\d+ passed.*\n$/, ''));
  expect(status).toBe(1);
});

test('the last of it is written if the run fails, and only then', async () => {
  const last = ['--record-last', '1MB'];
  const [good, bad] = [join(dir, 'good.rec'), join(dir, 'bad.rec')];
  await recorded(good, FILE, ...last);
  expect(existsSync(good)).toBe(false);
  const failed = await recorded(bad, `${FILE}expect: {order: {main: [over, b]}}\n`, ...last);
  expect(failed.status).toBe(1);
  expect(await run(['replay', bad])).toMatchObject({ status: 1 });
});
