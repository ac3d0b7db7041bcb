import { expect, it } from 'vitest';
import { buildModel } from '../../../src/cli/report/model.ts';
import type { EventName } from '../../../src/trace/catalogue.ts';
import type { TraceRecord } from '../../../src/trace/read.ts';
import { run } from '../../support/run.ts';
import { findings } from './traces.ts';

const MS = 1e6;
const SLOW_NS = 10 * MS;

type Step = readonly [atMs: number, name: EventName, args: Record<string, number | string>];

const cpu = (atMs: number, cpuMs: number): Step => [atMs, 'thread_cputime', { cpu: cpuMs * MS }];
const begin = (atMs: number): Step => [
  atMs,
  'aio_bh_call_begin',
  { ctx: 'qemu_aio_context', name: 'slow', flags: 1, bh: 1 },
];
const end = (atMs: number): Step => [
  atMs,
  'aio_bh_call_end',
  { ctx: 'qemu_aio_context', name: 'slow', bh: 1 },
];

function slow(...steps: readonly Step[]) {
  const events = steps.map(
    ([atMs, name, args]): TraceRecord => ({ name, timeNs: atMs * MS, args }),
  );
  const model = buildModel({ events, dropped: 0, truncated: false }, { slowNs: SLOW_NS });
  return findings(model, 'slow').map(({ severity, title, places }) => [
    severity,
    title,
    places[0]!.text,
  ]);
}

it('a callback of 40 ms that had 1 ms of CPU was preempted', () => {
  expect(slow(cpu(0, 7), begin(1), end(41), cpu(41, 8))).toEqual([
    ['warn', 'bottom half slow was preempted: 40 ms, with 1 ms of CPU', '40 ms, 1 ms of CPU'],
  ]);
});

it('one that had the CPU for most of it held the loop', () => {
  expect(slow(cpu(0, 7), begin(1), end(41), cpu(41, 46))).toEqual([
    ['bad', 'bottom half slow held the loop for 40 ms', '40 ms, 39 ms of CPU'],
  ]);
});

it('a trace that does not tell the CPU time accuses the callback, as before', () => {
  const held = [['bad', 'bottom half slow held the loop for 40 ms', '40 ms']];
  expect(slow(begin(1), end(41))).toEqual(held);
  expect(slow(cpu(0, 7), begin(1), end(41))).toEqual(held);
  expect(slow(begin(1), end(41), cpu(41, 8))).toEqual(held);
  // A time that was told much later says nothing about this callback.
  expect(slow(cpu(0, 7), begin(1), end(41), cpu(90, 8))).toEqual(held);
});

it('calls of one bottom half that held the loop and that were preempted are two findings', () => {
  const first = [cpu(0, 0), begin(1), end(41), cpu(41, 40)];
  const second = [begin(42), end(82), cpu(82, 41)];
  expect(slow(...first, ...second).map(([severity]) => severity)).toEqual(['bad', 'warn']);
});

it('a wait for the BQL is not told as preemption', () => {
  const wait: Step[] = [
    [2, 'bql_lock', { self: 0, owner: 5 }],
    [40, 'bql_locked', { self: 0 }],
  ];
  expect(slow(cpu(0, 7), begin(1), ...wait, end(41), cpu(41, 8))).toEqual([
    ['bad', 'bottom half slow held the loop for 40 ms', '40 ms, 1 ms of CPU'],
  ]);
});

it('the command tells the CPU time of its thread, which only grows', async () => {
  const args = ['--quiet', '--trace-file', 'json:/dev/stdout', '--spawn', 'sleep 0.01; exit 3'];
  const { status, stdout } = await run(args);
  expect(status).toBe(3);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const told = events.filter(({ event }) => event === 'thread_cputime').map((one) => one.cpu);
  expect(told.length).toBeGreaterThan(0);
  expect(told[0]).toBeGreaterThan(0);
  expect(told).toEqual([...told].sort((a, b) => a - b));
});
