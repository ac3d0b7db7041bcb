import { expect, it } from 'vitest';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { MachineState } from '../../src/thread/machine-state.ts';
import { MainLoopObject } from '../../src/thread/main-loop-object.ts';
import { onSim } from '../support/rig.ts';

it(
  'the main loop is an object with properties; there is one (main_loop_object)',
  onSim(({ host }) => {
    const loop = new MainLoop({ host });
    const machine = new MachineState({ host, loop });
    const object = new MainLoopObject(machine, { threadPoolMax: 3, aioMaxBatch: 5 });
    expect(object.params).toEqual({ aioMaxBatch: 5, threadPoolMin: 0, threadPoolMax: 3 });
    expect(loop.context.threadPool.max).toBe(3);
    expect(loop.context.aioMaxBatch).toBe(5);
    expect(() => new MainLoopObject(machine)).toThrow('only one main-loop instance allowed');
    expect(() => object.setParams({ threadPoolMin: -1 })).toThrow(
      'thread-pool-min value must be in range [0, 9223372036854775807]',
    );
    expect(() => object.setParams({ threadPoolMin: 4 })).toThrow(
      'bad thread-pool-min/thread-pool-max values',
    );
    machine.dispose();
    loop.close();
  }),
);
