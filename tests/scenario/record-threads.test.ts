/**
 * The recorded cases of threads on the real host, recorded and replayed: some of them, or all if
 * QEMU_LOOP_RELIABILITY is set.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Running, startAlone } from '../support/server.ts';

const CASES = join(import.meta.dirname, '..', 'conformance-threads');

/** Locks, waits, coroutines, a pool, aborts, timers; and threads that end in each way. */
const SOME = [
  'aio_wait_bh_oneshot_runs_there',
  'bql_unlocked_by_other_abort',
  'co_sleep_in_iothread',
  'comutex_unlocked_in_iothread_wakes_main',
  'corwlock_readers_together_writer_then_reader',
  'iothread_stop_twice',
  'pool_submit_co_in_iothread',
  'timer_armed_from_thread',
];
const ALL = readdirSync(CASES).flatMap((file) => /^(.*)\.yaml$/.exec(file)?.[1] ?? []);
const names = process.env.QEMU_LOOP_RELIABILITY === undefined ? SOME : ALL;

let server: Running;

beforeAll(async () => {
  server = await startAlone(join(import.meta.dirname, 'record-server.ts'));
});

afterAll(() => server.end());

it.each(names)('%s', async (name) => {
  const text = readFileSync(join(CASES, `${name}.yaml`), 'utf8');
  expect(JSON.parse(await server.ask(JSON.stringify(parse(text))))).toBeNull();
});
