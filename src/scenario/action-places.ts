import type { Op } from './model.ts';

/** Where actions stand. */
export type Where = 'steps' | 'callback' | 'coroutine' | 'timeline';

export const STEPS_ONLY: ReadonlySet<Op> = new Set<Op>(['step', 'settle', 'run']);
export const COROUTINE_ONLY: ReadonlySet<Op> = new Set<Op>([
  'yield',
  'sleep',
  'wait',
  'wait_front',
  'lock',
  'unlock',
  'rdlock',
  'wrlock',
  'rwunlock',
  'next',
  'restart_all',
]);
export const OUTSIDE_COROUTINES: ReadonlySet<Op> = new Set<Op>(['enter_next', 'enter_all']);
export const TIMELINE: ReadonlySet<Op> = new Set<Op>([
  'kick',
  'close_peer',
  'set',
  'flag',
  'notify',
  'notify_event',
  'schedule',
  'oneshot',
  'wake',
  'co_schedule',
  'kill',
  'sigqueue',
  'kill_child',
  'spawn',
  'log',
  'wait_for',
]);

/** Whether an action may stand there at all. */
export function mayStand(op: Op, where: Where): boolean {
  if (where === 'timeline') return TIMELINE.has(op);
  if (where === 'coroutine')
    return !STEPS_ONLY.has(op) && !OUTSIDE_COROUTINES.has(op) && op !== 'wait_for';
  if (COROUTINE_ONLY.has(op)) return false;
  return where === 'steps' || (!STEPS_ONLY.has(op) && op !== 'wait_for');
}

/** Where an action stands whose place in the file is such a path. */
export function whereOf(path: readonly PropertyKey[]): Where {
  const top = path[0];
  if (top === 'steps' || top === 'timeline') return top;
  return top === 'coroutines' ? 'coroutine' : 'callback';
}
