import { expect, it } from 'vitest';
import { SimHost } from '../../src/host/sim/threads/worker-sim-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { MachineState } from '../../src/thread/machine-state.ts';
import { Vm } from '../../src/thread/vcpu/vm.ts';

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
