/** The module of a run's IOThreads: makes the objects that the file puts there. */

import type { IOThreadSelf } from '../../../thread/iothread-run.ts';
import { compileBody } from '../compile.ts';
import { compileMoving } from '../compile-coroutine.ts';
import { Lane } from '../lane.ts';
import { createObject } from '../objects.ts';
import { leaveOut } from './blind-inbox.ts';
import { Lending } from './lending.ts';
import { Requests } from './requests.ts';
import { shareCoroutines } from './shared-co.ts';
import type { ThreadData } from './thread-data.ts';
import { ThreadMachine } from './thread-machine.ts';

export default function iothreadLane(io: IOThreadSelf): void {
  const data = io.data as ThreadData;
  const machine = new ThreadMachine(data, io.thread);
  const { context, name } = io;
  leaveOut(data.scenario, name, context, machine.crew.shared);
  const lane = new Lane({ name, machine, trace: context.trace, context, loop: null }, compileBody);
  shareCoroutines(lane, machine.crew, compileMoving);
  for (const def of data.scenario.objects) createObject(lane, def);
  const requests = new Requests(lane, machine.crew);
  machine.crew.requests = requests;
  const lending = new Lending(lane, machine.crew);
  data.port!.postMessage(lending.lent);
  io.onEnd = (error) => {
    machine.stopTracing();
    if (error !== null) machine.crew.end(name, error);
    machine.crew.close();
    lending.close();
    requests.close();
    lane.close();
  };
}
