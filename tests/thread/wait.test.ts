import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone } from '../host/own-process.ts';

const program = join(import.meta.dirname, 'wait-child.ts');

/** The orders that QEMU 7.2 has, recorded from its C code over 200 runs each, unless noted. */
const ORDERS: Readonly<Record<string, readonly string[]>> = {
  wait_while_done_by_iothread: ['io1: done', 'main: waited=1'],
  wait_while_needs_the_kick: ['io1: done, no kick', 't: kick', 'main: waited=1'],
  kick_without_change: [
    'main: cond=1 after 0',
    'io1: kick',
    'main: cond=1 after 1',
    'io1: done',
    'io1: kick',
    'main: cond=0 after 2',
    'main: waited=1',
  ],
  aio_wait_bh_oneshot_runs_there: ['main: before', 'io1: cb ctx=io1', 'main: after'],
  wait_while_for_other_iothread_abort: [
    'io1: wait',
    "io1: AIO_WAIT_WHILE: Assertion `qemu_get_current_aio_context() == qemu_get_aio_context()' failed.",
  ],
  wait_while_null_context: ['io1: first', 'io2: second', 'main: waited=1'],
  wait_while_gives_context_lock_back: [
    'main: has the lock',
    'io1: has the lock',
    'io1: done',
    'io1: gives it back',
    'main: waited',
  ],
  wait_while_unlocked_keeps_context_lock: [
    'io1: wants the lock',
    't: done',
    'main: waited, gives the lock back',
    'io1: has the lock',
  ],
  context_lock_is_recursive: [
    'io1: wants the lock',
    'main: released once',
    'main: releases again',
    'io1: has the lock',
  ],
  poll_and_callbacks_do_not_take_context_lock: [
    'io1: b',
    'io1: fd',
    'io1: timer',
    'main: releases',
  ],
  // QEMU's case is a deadlock; this one looks whether there would be one.
  wait_while_keeps_bql: [
    'main: waits',
    'io1: wants the BQL',
    'io1: done=0',
    'main: waited, bql=1',
    'io1: has it, ctx=io1',
  ],
  // In QEMU b is called in t, and co goes on in t.
  thread_with_bql_polls_main_context: [
    't: ctx=qemu_aio_context',
    'main: b bql=1',
    't: poll=1',
    't: poll=0',
    'main: poll=0',
  ],
  co_wake_by_thread_with_bql_enters_there: ['main: co 1', 'main: co 2', 't: woken', 'main: poll=0'],
  // Ours.
  wait_while_of_a_thread_with_bql: [
    't: waits',
    'main: done',
    't: waited=1 bql=1',
    'main: goes on, bql=1 owner=1',
  ],
  a_callback_that_fails_for_another_thread: [
    "t: a callback of main's context failed, while it ran for another thread",
    'main: RangeError: of b bql=1',
    'main: goes on',
  ],
  no_kick_is_lost: ['main: 20000 waits'],
};

it.each(Object.entries(ORDERS))('%s', async (name, order) => {
  const ended = await runAlone(program, name);
  expect(ended).toMatchObject({ status: 0, signal: null, stderr: '' });
  expect(JSON.parse(ended.stdout)).toEqual(order);
});
