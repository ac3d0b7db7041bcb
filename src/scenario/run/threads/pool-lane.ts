/** The module of the workers of a run's thread pools: does the work of a request. */

import { MachineState } from '../../../thread/machine-state.ts';
import type { PoolSelf } from '../../../thread/pool-work.ts';
import { QemuThread } from '../../../thread/qemu-thread.ts';
import type { RequestDef } from '../../model-threads.ts';
import { compileActions, compileBody } from '../compile.ts';
import { compileMoving } from '../compile-coroutine.ts';
import { Lane } from '../lane.ts';
import { shareCoroutines } from './shared-co.ts';
import type { WorkData } from './thread-data.ts';
import { ThreadMachine } from './thread-machine.ts';

export default function work({ host, data }: PoolSelf, number: number): number {
  const { scenario, machine: handle, lents, ...rest } = data as WorkData;
  // Each worker has a host of its own.
  let lane = host.belongings.get(Lane);
  if (lane === undefined) {
    const machine = MachineState.from(handle, host);
    const thread = new QemuThread({ machine, name: 'worker' });
    const parts = new ThreadMachine({ scenario, ...rest, port: null }, thread);
    lane = new Lane(
      { name: 'worker', machine: parts, trace: thread.trace, context: null, loop: null },
      compileBody,
    );
    for (const lent of lents) parts.crew.add(lent);
    shareCoroutines(lane, parts.crew, compileMoving);
    host.belongings.add(Lane, lane);
  }
  const def = scenario.objects[number] as RequestDef;
  try {
    for (const thunk of compileActions(lane, def.work, 'thread')) thunk();
  } catch (error) {
    lane.machine.crew!.end('worker', error);
  }
  return def.returns;
}
