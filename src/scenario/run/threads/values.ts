import { POLLIN } from '../../../host/constants.ts';
import { type LogPart, partsOf } from '../../log-values.ts';
import type { Lane } from '../lane.ts';
import type { Crew } from './crew.ts';

/** Makes the text of a `log` that may show values. */
export function compileText(lane: Lane, crew: Crew, text: string): () => string {
  const parts = partsOf(text).map((part) => compilePart(lane, crew, part));
  return () => parts.map((part) => part()).join('');
}

function compilePart(lane: Lane, crew: Crew, part: LogPart): () => string {
  if (typeof part === 'string') return () => part;
  const { of, value } = part;
  if (of === null) return () => String(ownValue(lane, crew, value));
  return () => String(propertyOf(lane, crew, of, value));
}

/** A value of the acting thread, or a word. */
function ownValue(lane: Lane, { machine, shared }: Crew, value: string): number | string {
  const { thread } = machine;
  switch (value) {
    case 'context':
      return currentContext(lane);
    case 'bql':
      return flag(thread.holdsBql);
    case 'in_coroutine':
      return flag(lane.inCoroutine);
    case 'waited':
      return flag(lane.waited);
    case 'condition':
      return flag(lane.condition);
    case 'result':
      return flag(lane.lastResult === true);
    default:
      return shared.get(value);
  }
}

/** QEMU: qemu_get_current_aio_context. */
function currentContext(lane: Lane): string {
  const { thread, mainContext } = lane.machine.crew!.machine;
  if (thread.context !== null) return lane.name;
  return mainContext !== null || thread.holdsBql ? 'main' : 'none';
}

function propertyOf(lane: Lane, crew: Crew, of: string, property: string): number | string {
  switch (property) {
    case 'notify_me':
      return lane.contexts.get(of)?.wakeup.notifyMe ?? crew.mate(of).context.notifyMe;
    case 'notified':
      return flag(lane.contexts.get(of)?.sleeper.notified ?? crew.mate(of).context.notified);
    case 'eventfd':
      return flag(isReadable(lane, crew.mate(of).lent.context.wakeFd));
    case 'readable':
      return flag(isReadable(lane, crew.fds.fd(of)));
    case 'ret':
      return crew.requests?.ret(of) ?? 0;
    case 'home':
      return lane.object('coroutines', of).home;
    case 'cleared':
      return lane.object('notifiers', of).cleared;
    default:
      throw new Error(`'${of}' has no value '${property}'`);
  }
}

function flag(is: boolean): number {
  return is ? 1 : 0;
}

function isReadable(lane: Lane, fd: number): boolean {
  const { host } = lane.machine.world;
  const fds = lane.pollfds(1);
  fds.i32[0] = fd;
  fds.i32[1] = POLLIN;
  return host.poll(fds, 1, 0) === 1;
}
