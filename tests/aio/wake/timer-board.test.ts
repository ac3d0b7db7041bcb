/** The lock of the shared timers, whose holder may die: a Worker that is terminated gives nothing back. */

import { expect, it } from 'vitest';
import { LOCK, TimerBoard } from '../../../src/aio/wake/timer-board.ts';
import { ESRCH, ETIMEDOUT } from '../../../src/host/errno.ts';
import type { Host } from '../../../src/host/host.ts';
import { LinuxHost } from '../../../src/host/linux/linux-host.ts';
import { SimHost } from '../../../src/host/sim/threads/worker-sim-host.ts';

/** A board whose lock a thread has, as if it had taken it. */
function heldBy(host: Host, tid: number): { board: TimerBoard; words: Int32Array } {
  const board = new TimerBoard(host);
  const words = new Int32Array(board.memory);
  words[LOCK] = tid;
  return { board, words };
}

/** The lock of the thread that holds it now. */
const tidOf = (words: Int32Array): number => words[LOCK]! & 0x7fffffff;

/** A wait for a lock that nobody gives back must not go on for ever here. */
function atMost(waits: number, host: { futexWait: Host['futexWait'] }): void {
  const wait = host.futexWait.bind(host);
  let left = waits;
  host.futexWait = (...args) => {
    if (left-- === 0) throw new Error('it waits on for a thread that is gone');
    return wait(...args);
  };
}

/** Larger than any thread id that Linux gives out. */
const GONE = 2 ** 30 - 1;

it.each([
  ['sim', () => new SimHost()],
  ['linux', () => new LinuxHost()],
] as const)('goes from a dead thread to the next that wants it, on %s', (_, make) => {
  const host = make();
  atMost(3, host);
  const { board, words } = heldBy(host, GONE);
  board.create(0, 0);
  board.lock();
  expect(tidOf(words)).toBe(host.gettid());
  // The dead thread's changes are whole: it can be used at once.
  expect(board.modFrom(0, 5)).toBe(true);
  board.unlock();
  expect(words[LOCK]).toBe(0);
  host.dispose();
});

/** A host on which a wait for the lock ends as a test says, and a thread is alive or not. */
function scripted(waits: (() => number)[], tgkill: (tid: number) => number): Host {
  const host = {
    gettid: () => 7,
    getpid: () => 5,
    futexWait: () => waits.shift()!(),
    futexWake: () => 0,
    tgkill: (_pid: number, tid: number) => tgkill(tid),
  };
  return host as unknown as Host;
}

it('stays with a living thread, however long that has it', () => {
  const asked: number[] = [];
  const timeout = (): number => -ETIMEDOUT;
  const given = (): number => {
    words[LOCK] = 0;
    return 0;
  };
  const host = scripted([timeout, timeout, given], (tid) => {
    asked.push(tid);
    return 0;
  });
  const { board, words } = heldBy(host, 9);
  board.lock();
  // After each wait that was in vain.
  expect(asked).toEqual([9, 9]);
  expect(tidOf(words)).toBe(7);
});

it('goes to one of two that want it from a dead thread', () => {
  const taken = (): number => {
    // The other one was quicker.
    words[LOCK] = 8;
    return -ETIMEDOUT;
  };
  const given = (): number => {
    words[LOCK] = 0;
    return 0;
  };
  const host = scripted([taken, given], () => -ESRCH);
  const { board, words } = heldBy(host, 9);
  board.lock();
  expect(tidOf(words)).toBe(7);
  expect(words[LOCK]! < 0).toBe(true);
});
