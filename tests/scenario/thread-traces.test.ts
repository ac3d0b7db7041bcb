/** Traces of `qemu-loop run` of files with several threads, as a process, on the real host. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BH_SCHEDULED } from '../../src/trace/bh-flags.ts';
import { readTrace, type TraceRecord } from '../../src/trace/read.ts';
import { run } from '../support/run.ts';
import { checkChrome } from '../trace/chrome-checker.ts';

/** Main sleeps; t takes the big lock and schedules far in io0, which schedules b in main. */
const THREE = `name: three
drive: main_loop
words: [n]
iothreads: {io0: {}}
bottom_halves: {b: {}, far: {in: io0, do: [{schedule: b}]}}
threads:
  t: {start: false, do: [{lock: bql}, {schedule: far}, {unlock: bql}, {put: {n: 1}}]}
steps:
  - settle
  - start: t
  - main_loop_wait: {blocking: true, quiet: true}
  - wait_for: {n: 1}
`;
/** The iothread sleeps when the thread ends the run. */
const ABORT = `name: abort
drive: main_loop
iothreads: {io0: {}}
threads:
  t: {start: false, do: [{wait_asleep: io0}, {unlock: bql}]}
steps:
  - settle
  - start: t
  - main_loop_wait: {blocking: true, quiet: true}
`;

/** A coroutine that goes from main to io0 and back, and two requests of io0's thread pool. */
const WANDERS = `name: wanders
drive: aio_poll
words: [back, done]
iothreads: {io0: {thread_pool_max: 1}}
bottom_halves: {asks: {in: io0, do: [{submit: one}, {submit: two}]}}
requests:
  one: {in: io0, work: [{wait_for: 1ms}], returns: 1, do: [{add: {done: 1}}]}
  two: {in: io0, returns: 2, do: [{add: {done: 1}}]}
coroutines: {co: {do: [{log: a}, {reschedule: io0}, {log: b}, {reschedule: main}, {put: {back: 1}}]}}
steps:
  - schedule: asks
  - enter: co
  - poll: {until: {back: 1}, quiet: true}
  - wait_for: {done: 2}
`;

let dir: string;
const path = (name: string): string => join(dir, name);
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'qemu-loop-thread-traces-'));
  writeFileSync(path('three.yaml'), THREE);
  writeFileSync(path('abort.yaml'), ABORT);
  writeFileSync(path('wanders.yaml'), WANDERS);
});
afterAll(() => rmSync(dir, { recursive: true }));

async function traced(file: string, status: number, ...options: string[]): Promise<void> {
  const formats = ['log', 'json', 'simple', 'chrome'];
  const traces = formats.flatMap((one) => ['--trace-file', `${one}:${path(one)}`]);
  const ended = await run(['run', '--host', 'linux', ...traces, ...options, path(file)]);
  expect(ended).toMatchObject({ status });
}

function events(format: string): readonly TraceRecord[] {
  const { events: all, truncated } = readTrace(readFileSync(path(format)));
  expect(truncated).toBe(false);
  return all;
}

/** The threads in which an event occurs, one for each time. */
function tidsOf(all: readonly TraceRecord[], name: string): unknown[] {
  return all.filter((event) => event.name === name).map(({ tid }) => tid);
}

/** The threads that schedule a bottom half. */
function schedulers(all: readonly TraceRecord[], bh: string): unknown[] {
  const schedules = all.filter(({ args }) => args.name === bh && args.flags === BH_SCHEDULED);
  return tidsOf(schedules, 'aio_bh_enqueue');
}

test('each thread has a track of its name, in every format', async () => {
  await traced('three.yaml', 0);
  const chrome = checkChrome(readFileSync(path('chrome'), 'utf8'));
  expect(chrome.problems).toEqual([]);
  expect([...chrome.tracks.values()]).toEqual(expect.arrayContaining(['main loop', 'io0', 't']));
  const tid = (name: string): number =>
    [...chrome.tracks].find(([, track]) => track === name)![0] as number;
  const [main, io0, t] = [tid('main loop'), tid('io0'), tid('t')];
  const simple = events('simple');
  expect(schedulers(simple, 'far')).toEqual([t]);
  expect(schedulers(simple, 'b')).toEqual([io0]);
  const times = simple.map(({ timeNs }) => timeNs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  const json = events('json');
  expect(json.length).toBe(simple.length);
  expect(json.map((e) => e.tid ?? main)).toEqual(simple.map((e) => e.tid));
  expect(tidsOf(simple, 'bql_locked')).toContain(t);
  expect(tidsOf(simple, 'main_loop_wait_begin')).toContain(main);
  expect(json.map((e) => e.thread)).toEqual(simple.map((e) => e.thread));
  const isName = (line: string): boolean => line.includes(':thread_name ');
  const all = readFileSync(path('log'), 'utf8').trimEnd().split('\n');
  const lines = all.filter((line) => !isName(line));
  const names = all.filter(isName).map((line) => line.replace(/@.*name /, ' '));
  expect(names.sort()).toEqual([`${io0} io0`, `${t} t`].sort());
  expect(lines.map((line) => Number.parseInt(line, 10))).toEqual(simple.map((e) => e.tid));
  // From the schedule in one thread to the call in the other, both ways.
  const ways = [...chrome.flows.values()].map((points) => points.map(({ slice }) => slice.tid));
  expect(ways).toContainEqual([t, io0]);
  expect(ways).toContainEqual([io0, main]);
});

test.each(['linux', 'sim'])(
  'workers of a thread pool have tracks, and arrows go with a coroutine: %s',
  async (host) => {
    await traced('wanders.yaml', 0, '--host', host);
    const { problems, tracks, flows, slices } = checkChrome(readFileSync(path('chrome'), 'utf8'));
    expect(problems).toEqual([]);
    const tid = (name: string): unknown => [...tracks].find(([, track]) => track === name)?.[0];
    const [main, io0, worker] = [tid('main loop'), tid('io0'), tid('worker 1')];
    const work = slices.filter(({ cat }) => cat === 'work');
    expect(work.map((slice) => slice.tid)).toEqual([worker, worker]);
    const ways = [...flows.values()].map((points) => points.map(({ slice }) => slice.tid));
    expect(ways.filter((way) => way.length === 3)).toEqual([
      [io0, worker, io0],
      [io0, worker, io0],
    ]);
    const simple = events('simple');
    const schedules = simple.filter(({ name }) => name === 'aio_co_schedule');
    const entries = simple.filter(({ name }) => name === 'aio_co_schedule_bh_cb');
    expect(schedules.map((e) => e.tid)).toEqual([main, io0]);
    expect(entries.map((e) => e.tid)).toEqual([io0, main]);
    expect(entries.map(({ args }) => args.co)).toEqual(schedules.map(({ args }) => args.co));
    const entered = simple.filter(({ name }) => name === 'qemu_aio_coroutine_enter');
    expect(new Set(entered.map(({ args }) => args.to))).toEqual(new Set([schedules[0]!.args.co]));
    const order = ['thread_pool_submit', 'thread_pool_work', 'thread_pool_complete'];
    const pool = simple.filter(({ name }) => order.includes(name));
    expect(pool.map(({ args, name }) => `${name} ${args.req}`).sort()).toEqual(
      order.flatMap((name) => [`${name} 1`, `${name} 2`]).sort(),
    );
    for (const { args, timeNs } of pool.filter(({ name }) => name === 'thread_pool_work')) {
      expect(args).toMatchObject({ pool: 'io0', worker });
      expect(Number(args.taken)).toBeLessThanOrEqual(Number(args.done));
      // Clocks of two threads differ by less than a ms.
      expect(Number(args.done)).toBeLessThan(timeNs + 1e6);
    }
  },
);

test('--trace and --trace-ring hold for each thread', async () => {
  await traced('three.yaml', 0, '--trace', 'aio_*', '--trace-ring', '2');
  const all = events('json');
  expect(all.every(({ name }) => name.startsWith('aio_'))).toBe(true);
  const counts = new Map<unknown, number>();
  for (const { tid } of all) counts.set(tid, (counts.get(tid) ?? 0) + 1);
  expect([...counts.values()]).toEqual([2, 2, 2]);
});

test('an abort leaves the events of the threads that slept', async () => {
  await traced('abort.yaml', 1);
  const { tracks } = checkChrome(readFileSync(path('chrome'), 'utf8'));
  const [io0] = [...tracks].find(([, name]) => name === 'io0')!;
  const last = events('simple').filter(({ tid }) => tid === io0);
  expect(last.at(-1)).toMatchObject({ name: 'poll_enter' });
});
