/** Threads of QEMU 11 that wait with io_uring: what 7.2's do in these cases, on both hosts. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../src/scenario/run/run.ts';
import { failuresOf, runThreads, scenarioDir } from './scenario/files.ts';
import { hasRing } from './support/ring.ts';

const from = scenarioDir('conformance-threads');
/** Sleeps of an IOThread that end in each way: a bottom half, a descriptor, a notifier, a timer. */
const files = [
  'bh_ring_of_three_iothreads.yaml',
  'co_sleep_in_iothread.yaml',
  'event_notifier_set_from_other_thread.yaml',
  'fd_handler_removed_before_dispatch.yaml',
  'fd_handler_set_from_other_thread.yaml',
  'main_loop_wait_ended_by_thread.yaml',
  'order_within_one_round_of_an_iothread.yaml',
  'pool_submit_co_in_iothread.yaml',
  'timer_armed_from_thread.yaml',
];
/** It takes the lock of a context, which QEMU 11 has not. */
const LOCK = 'context_lock_is_recursive.yaml';

const dir = mkdtempSync(join(tmpdir(), 'qemu-11-threads-'));
for (const file of [...files, LOCK]) {
  const text = readFileSync(join(from, file), 'utf8');
  writeFileSync(join(dir, file), `qemu: 11\nfdmon: io_uring\n${text}`);
}
afterAll(() => rmSync(dir, { recursive: true }));

const hosts = hasRing() ? (['sim', 'linux'] as const) : (['sim'] as const);

describe.each(hosts)('on the host %s', (host) => {
  let results: Map<string, RunResult>;
  beforeAll(async () => {
    results = await runThreads(host, dir, 1);
  });
  it.each(files)('%s', (file) => {
    expect(failuresOf(results.get(file))).toEqual([]);
  });
  it('a context has no lock', () => {
    expect(failuresOf(results.get(LOCK)).join('\n')).toMatch(
      /aio_context_acquire: QEMU 11 has no such function: it is gone since 9\.0/,
    );
  });
});
