import { expect, it } from 'vitest';
import { SIGRTMAX } from '../../src/host/constants.ts';
import { MaskChange } from '../../src/host/linux/mask-change.ts';
import type { LinuxSignals } from '../../src/host/linux/signals.ts';
import type { ThreadNow, Threads } from '../../src/host/linux/threads.ts';

const TID = 7;
const WANTED = { lo: 0x200, hi: 0 };
const PASSING = { lo: ~0, hi: ~0 };

/** Blocks a signal in one thread, which has these masks one after the other. Returns who was signalled. */
function signalled(...masks: readonly ThreadNow['mask'][]): number[] {
  const asked: number[] = [];
  const signals = {
    sigaction: () => 0,
    tgkill: (_pid: number, tid: number) => asked.push(tid) && 0,
  };
  const [first, ...later] = masks.map((mask) => ({ tid: TID, mask }));
  const threads = { pid: 1, list: () => [TID], look: () => [later.shift()!], pause: () => {} };
  const change = new MaskChange(
    signals as unknown as LinuxSignals,
    threads as unknown as Threads,
    'block',
    () => WANTED,
    SIGRTMAX,
  );
  expect(change.settle([first!])).toBe(0);
  change.free();
  return asked;
}

it('signals a thread that lacks the block, once', () => {
  expect(signalled({ lo: 0, hi: 0 }, { lo: 0, hi: 0 }, WANTED)).toEqual([TID]);
});

it('signals no thread that is making a child: it may have the block, and need no handler', () => {
  expect(signalled(PASSING, PASSING, WANTED)).toEqual([]);
});

it('signals it once it is back without the block', () => {
  expect(signalled(PASSING, { lo: 0, hi: 0 }, PASSING, WANTED)).toEqual([TID]);
});
