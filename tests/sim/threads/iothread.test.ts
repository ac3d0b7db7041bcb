/** IOThreads on the simulated kernel: the same code as on the real one. */

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SimHost } from '../../../src/host/sim/threads/worker-sim-host.ts';
import { IOThread } from '../../../src/thread/iothread.ts';
import { MachineState } from '../../../src/thread/machine-state.ts';
import { SpareWorkers } from '../../../src/thread/spare-workers.ts';

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

it('the Workers of one machine are kept for the next', () => {
  const spare = new SpareWorkers();
  const module = join(import.meta.dirname, '..', '..', 'thread', 'modules', 'worker-id.mjs');
  const words = new Int32Array(new SharedArrayBuffer(4));
  const idsOfRun = (): number[] => {
    const host = new SimHost();
    const machine = new MachineState({ host, spare });
    const one = (name: string): IOThread =>
      new IOThread({ machine, name, module, data: { words } });
    const ids: number[] = [];
    const threads = ['io0', 'io1'].map((name) => {
      const io = one(name);
      ids.push(words[0]!);
      return io;
    });
    for (const io of threads) io.dispose();
    machine.dispose();
    host.dispose();
    return ids.sort((a, b) => a - b);
  };
  const first = idsOfRun();
  expect(new Set(first).size).toBe(2);
  expect(idsOfRun()).toEqual(first);
  spare.dispose();
});
