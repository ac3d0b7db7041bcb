/** The module of a run's plain threads: does what the file says. */

import type { PlainThreadSelf } from '../../../thread/plain-thread-run.ts';
import type { ThreadDef } from '../../model-threads.ts';
import { compileActions, compileBody } from '../compile.ts';
import { compileMoving } from '../compile-coroutine.ts';
import { Lane } from '../lane.ts';
import { shareCoroutines } from './shared-co.ts';
import { THREAD_IS_OVER } from './shared-run.ts';
import type { ThreadData } from './thread-data.ts';
import { ThreadMachine } from './thread-machine.ts';

export default function plainLane({ name, thread, data }: PlainThreadSelf): void {
  const { scenario, number, shared, ...rest } = data as ThreadData;
  const machine = new ThreadMachine({ scenario, number, shared, ...rest }, thread);
  const run = machine.crew.shared;
  const lane = new Lane(
    { name, machine, trace: thread.trace, context: null, loop: null },
    compileBody,
  );
  shareCoroutines(lane, machine.crew, compileMoving);
  const def = scenario.objects.find((object) => object.name === name) as ThreadDef;
  try {
    run.waitUntil(() => run.hasStarted(name));
    for (const thunk of compileActions(lane, def.do, 'thread')) thunk();
    run.setState(name, THREAD_IS_OVER);
  } catch (error) {
    machine.crew.end(name, error);
  } finally {
    machine.crew.close();
  }
}
