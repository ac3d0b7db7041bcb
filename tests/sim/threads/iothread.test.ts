/** IOThreads on the simulated kernel: the same code as on the real one. */

import { expect, it } from 'vitest';
import { SimHost } from '../../../src/host/sim/threads/worker-sim-host.ts';
import { IOThread } from '../../../src/thread/iothread.ts';
import { MachineState } from '../../../src/thread/machine-state.ts';

function runOne(seed: number): number {
  const host = new SimHost({ seed });
  const machine = new MachineState({ host });
  const io = new IOThread({ machine, name: 'io0' });
  expect(io.threadId).toBe(1001);
  host.poll(host.alloc(8), 0, 1e6);
  expect(io.running).toBe(true);
  io.stop();
  expect(io.running).toBe(false);
  machine.dispose();
  host.dispose();
  return host.nowNs;
}

it('an IOThread starts, sleeps and stops, at the same nanosecond each time', () => {
  expect(runOne(5)).toBe(runOne(5));
});
