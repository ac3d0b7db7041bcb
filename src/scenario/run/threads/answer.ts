import type { Lane } from '../lane.ts';
import { type Call, watchOf } from './call-queue.ts';

/** Does what another thread has asked for, in the thread whose objects it is done to. */
export function answer(lane: Lane, { name, object, a, b, c }: Call): void {
  const { objects } = lane.machine.scenario;
  const of = objects[object]?.name ?? '';
  switch (name) {
    case 'watch':
      lane.object('fds', of).watch(watchOf(a));
      return;
    case 'unwatch':
      lane.object('fds', of).unwatch();
      return;
    case 'flag':
      lane.object('notifiers', of).flag();
      return;
    case 'poll_params':
      lane.context.setPollParams(a, b, c);
  }
}
