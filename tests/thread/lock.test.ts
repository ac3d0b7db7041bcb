import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone } from '../host/own-process.ts';

const program = join(import.meta.dirname, 'lock-child.ts');

async function logOf(name: string): Promise<unknown> {
  const ended = await runAlone(program, name);
  expect(ended).toMatchObject({ status: 0, signal: null, stderr: '' });
  return JSON.parse(ended.stdout);
}

it.each([
  ['counts', 1_000_000],
  ['fair_counts', 10_000],
])('no count of four threads is lost: %s', async (name, count) => {
  expect(await logOf(name)).toEqual([`main: counted ${count}`]);
});

it('main_loop_wait gives the BQL back while it sleeps, and goes on only with it', async () => {
  expect(await logOf('main_loop_wait_gives_bql_back')).toEqual([
    't: wants the BQL',
    'main: main_loop_wait',
    't: has it',
    't: gives it back',
    'main: b',
    'main: returned, bql=1',
  ]);
});

it('main_loop_wait gives the BQL back even if it does not sleep', async () => {
  const order = ['main: begins', 't: has it', 'main: ends'];
  expect(await logOf('main_loop_wait_nonblocking')).toEqual(order);
});

it('aio_poll keeps the BQL', async () => {
  expect(await logOf('aio_poll_keeps_bql')).toEqual([
    't: wants the BQL',
    'main: aio_poll',
    'io1: ends the sleep',
    'main: b',
    'main: gives the BQL back',
    't: has it',
  ]);
});

it('a thread that waits for a condition gives the BQL back', async () => {
  expect(await logOf('cond_wait_gives_bql_back')).toEqual([
    't: waits',
    'main: has the BQL',
    'main: signalled',
    'main: gives it back',
    't: goes on bql=1',
  ]);
});
