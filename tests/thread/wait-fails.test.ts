import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone } from '../host/own-process.ts';

const program = join(import.meta.dirname, 'wait-fails-child.ts');
const module = join(import.meta.dirname, 'modules', 'waited.mjs');

const FAILED = 'RangeError: of the entry';
const EXITED = 'Error: process.exit(7) ended the thread';
const ENDED = "Error: aio_wait_bh_oneshot: the thread of context 'io0' has ended";
/** Nothing comes out of the loop; main has the BQL, and nobody waits. */
const QUIET = [true, 0];

const CASES: Readonly<Record<string, readonly unknown[]>> = {
  fails: ['returned', 42, FAILED, false, QUIET, ENDED],
  fails_with_onError: [FAILED, [FAILED], QUIET],
  exits: [EXITED, QUIET],
  exits_with_onError: [EXITED, [EXITED], QUIET],
  has_ended: [ENDED, QUIET],
};

it.each(Object.entries(CASES))('aio_wait_bh_oneshot of an IOThread: %s', async (name, said) => {
  const ended = await runAlone(program, name, module);
  expect(ended).toMatchObject({ status: 0, signal: null, stderr: '' });
  expect(JSON.parse(ended.stdout)).toEqual(said);
});
