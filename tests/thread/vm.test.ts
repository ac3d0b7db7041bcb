import { expect, it } from 'vitest';
import { QEMU_CLOCK_VIRTUAL } from '../../src/aio/clock.ts';
import { SimHost } from '../../src/host/sim/threads/worker-sim-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { MachineState } from '../../src/thread/machine-state.ts';
import { Vm } from '../../src/thread/vcpu/vm.ts';
import { VmRef } from '../../src/thread/vcpu/vm-ref.ts';

it('tells those who want to know in their order at a start, and the other way round at a stop', () => {
  const host = new SimHost();
  const machine = new MachineState({ host, loop: new MainLoop({ host }) });
  const vm = new Vm({ machine });
  const told: string[] = [];
  const names = ['disk', 'net', 'clock'];
  const handlers = names.map((name) =>
    vm.onStateChange((running) => told.push(`${name} ${running ? 'starts' : 'stops'}`)),
  );
  vm.start();
  vm.start();
  vm.stop();
  expect(told).toEqual([
    ...['disk starts', 'net starts', 'clock starts'],
    ...['clock stops', 'net stops', 'disk stops'],
  ]);
  for (const handler of handlers) handler.dispose();
  vm.start();
  expect(told).toHaveLength(6);
  vm.dispose();
  machine.dispose();
});

it('calls its handlers after a stop by another thread: before the next main_loop_wait or start', () => {
  const host = new SimHost();
  const loop = new MainLoop({ host });
  const machine = new MachineState({ host, loop });
  const vm = new Vm({ machine });
  const told: string[] = [];
  vm.onStateChange((running) => told.push(running ? 'starts' : 'stops'));
  const ref = new VmRef(machine.thread);
  vm.start();
  ref.stop();
  ref.stop();
  expect([ref.running, vm.running, ...told]).toEqual([false, false, 'starts']);
  loop.mainLoopWait(true);
  loop.mainLoopWait(true);
  expect(told).toEqual(['starts', 'stops']);
  vm.start();
  ref.stop();
  vm.start();
  expect(told.slice(2)).toEqual(['starts', 'stops', 'starts']);
  vm.dispose();
  machine.dispose();
  loop.close();
});

it('does not pause without the BQL', () => {
  const host = new SimHost();
  const machine = new MachineState({ host, loop: new MainLoop({ host }) });
  const vm = new Vm({ machine });
  vm.start();
  machine.thread.bql.unlock();
  expect(() => vm.pauseAllVcpus()).toThrow('pause_all_vcpus: assertion failed');
  expect(machine.loop!.clocks.isEnabled(QEMU_CLOCK_VIRTUAL)).toBe(true);
  machine.thread.bql.lock();
  vm.dispose();
  machine.dispose();
});
