/** QEMU_CLOCK_VIRTUAL of a machine, as two of its threads see it. */

import { expect, it } from 'vitest';
import { AioContext } from '../../src/aio/aio-context.ts';
import { QEMU_CLOCK_VIRTUAL } from '../../src/aio/clock.ts';
import { SimHost } from '../../src/host/sim/threads/worker-sim-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { MachineState } from '../../src/thread/machine-state.ts';
import { CLOCK_SEQUENCE, CLOCK_TIMERS } from '../../src/thread/machine-words.ts';
import { QemuThread } from '../../src/thread/qemu-thread.ts';
import { RemoteContext } from '../../src/thread/remote-context.ts';

const MS = 1e6;

function make(running = false) {
  const host = new SimHost();
  const loop = new MainLoop({ host });
  if (running) loop.clocks.enable(QEMU_CLOCK_VIRTUAL, true);
  const before = loop.clocks.nowNs(QEMU_CLOCK_VIRTUAL);
  const machine = new MachineState({ host, loop });
  const io0 = new AioContext({ host, name: 'io0' });
  const there = MachineState.from(machine.share(), host);
  new QemuThread({ machine: there, name: 'io0', context: io0 });
  const now = (from: { clocks: typeof loop.clocks }) => from.clocks.nowNs(QEMU_CLOCK_VIRTUAL);
  return { host, loop, machine, io0, before, now };
}

it('stands still, and goes on, for all threads; it was not changed by being shared', () => {
  const { host, loop, io0, before, now } = make();
  expect([now(loop), now(io0)]).toEqual([before, before]);
  loop.clocks.enable(QEMU_CLOCK_VIRTUAL, true);
  host.advance(5 * MS);
  expect(Math.floor((now(io0) - before) / MS)).toBe(5);
  loop.clocks.enable(QEMU_CLOCK_VIRTUAL, false);
  const stopped = now(loop);
  host.advance(5 * MS);
  expect([now(io0), now(loop), io0.clocks.isEnabled(QEMU_CLOCK_VIRTUAL)]).toEqual([
    stopped,
    stopped,
    false,
  ]);
});

it('that ran before it was shared goes on', () => {
  const { host, loop, io0, before, now } = make(true);
  expect(io0.clocks.isEnabled(QEMU_CLOCK_VIRTUAL)).toBe(true);
  host.advance(MS);
  expect(now(io0) - before).toBeGreaterThanOrEqual(MS);
  expect(now(loop)).toBeGreaterThan(now(io0) - MS);
});

it('wakes the contexts of other threads when it starts', () => {
  const { host, loop, machine, io0 } = make();
  let ran = 0;
  io0.timers.newTimer(QEMU_CLOCK_VIRTUAL, 't', () => ran++).modFromNowNs(2 * MS);
  while (io0.poll(false));
  machine.timed.add(RemoteContext.from(io0.share(), host));
  host.at(host.nowNs + 3 * MS, () => loop.clocks.enable(QEMU_CLOCK_VIRTUAL, true));
  while (ran === 0) io0.poll(true);
  expect(ran).toBe(1);
});

it('is stopped only when no thread calls its timers', () => {
  const { host, loop, machine, io0 } = make(true);
  const { words } = machine;
  const log: string[] = [];
  // As another thread that is in a timer's callback, for 4 ms more.
  Atomics.add(words, CLOCK_TIMERS, 1);
  host.at(host.nowNs + 4 * MS, () => {
    log.push('ends');
    Atomics.sub(words, CLOCK_TIMERS, 1);
    host.futexWake(words, CLOCK_TIMERS, 1);
  });
  loop.clocks.enable(QEMU_CLOCK_VIRTUAL, false);
  log.push('stopped');
  expect(log).toEqual(['ends', 'stopped']);
  // One that begins now finds it stopped.
  io0.timers.newTimer(QEMU_CLOCK_VIRTUAL, 't', () => log.push('ran')).modNs(0);
  while (io0.poll(false));
  expect([log.length, words[CLOCK_TIMERS], words[CLOCK_SEQUENCE]! % 2]).toEqual([2, 0, 0]);
});

it('that is stopped lets no thread begin, even one that has just seen it run', () => {
  const { loop, machine, io0 } = make(true);
  const { shared } = io0.clocks;
  expect([shared!.begin(), machine.words[CLOCK_TIMERS]]).toEqual([true, 1]);
  shared!.end();
  loop.clocks.enable(QEMU_CLOCK_VIRTUAL, false);
  expect([shared!.begin(), machine.words[CLOCK_TIMERS]]).toEqual([false, 0]);
});

it('counts the timers that are being called, also if a callback throws', () => {
  const { io0, machine } = make(true);
  const seen: number[] = [];
  io0.timers
    .newTimer(QEMU_CLOCK_VIRTUAL, 't', () => {
      seen.push(machine.words[CLOCK_TIMERS]!);
      throw new Error('callback');
    })
    .modNs(0);
  expect(() => io0.timers.run()).toThrow('callback');
  expect([seen, machine.words[CLOCK_TIMERS]]).toEqual([[1], 0]);
});
