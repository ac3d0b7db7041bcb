import type { Action, Scenario } from '../../model.ts';

/** The lists of actions of a file that run on a vCPU for others, in an order that all threads share. */
export function cpuWork({ objects, steps }: Scenario): (readonly Action[])[] {
  const found: (readonly Action[])[] = [];
  const walk = (actions: readonly Action[]): void => {
    for (const action of actions) {
      if (action.op === 'run_on_cpu' || action.op === 'async_run_on_cpu') found.push(action.do);
      if ('do' in action) walk(action.do);
      if (action.op === 'wait_while') walk(action.each);
    }
  };
  for (const object of objects) {
    if ('do' in object) walk(object.do);
    if (object.section === 'fds') walk(object.doWrite);
    if (object.section === 'requests') walk(object.work);
  }
  walk(steps);
  return found;
}
