import type { Op } from './model.ts';

/** The places of actions. */
export type Where =
  | 'steps'
  | 'callback'
  | 'coroutine'
  | 'timeline'
  /** The bodies of a plain thread, a vCPU, and a request's work. */
  | 'thread'
  | 'vcpu'
  | 'work';

const STEPS_ONLY: ReadonlySet<Op> = new Set<Op>(['step', 'settle', 'run']);
const COROUTINE_ONLY: ReadonlySet<Op> = new Set<Op>([
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
  'submit_co',
  'reschedule',
]);
const VCPU_ONLY: ReadonlySet<Op> = new Set<Op>(['halt', 'start_exclusive', 'end_exclusive']);
/** Actions whose `do` is a vCPU's. */
const ON_CPU = ['run_on_cpu', 'async_run_on_cpu', 'async_safe_run_on_cpu'] as const;
const OUTSIDE_COROUTINES: ReadonlySet<Op> = new Set<Op>(['enter_next', 'enter_all']);
const TIMELINE: ReadonlySet<Op> = new Set<Op>([
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

const PLACES: Readonly<Record<Exclude<Where, 'timeline'>, string>> = {
  steps: 'steps',
  callback: 'a callback',
  coroutine: 'a coroutine',
  thread: 'a thread',
  vcpu: 'a vcpu',
  work: 'the work of a request',
};

/** The message if an action is not allowed at its place; null if it is. */
export function misplaced(op: Op, where: Where): string | null {
  if (where === 'timeline') {
    if (TIMELINE.has(op)) return null;
    const words = [...TIMELINE].join(', ');
    return `found '${op}', expected what the outside world can do, one of ${words}`;
  }
  if (STEPS_ONLY.has(op) && where !== 'steps') {
    return `found '${op}' in ${PLACES[where]}, expected it in steps only`;
  }
  if (VCPU_ONLY.has(op) && where !== 'vcpu') {
    return `found '${op}', expected it in a vcpu's do only`;
  }
  if (op === 'wait_for' && (where === 'callback' || where === 'coroutine')) {
    return `found '${op}' in ${PLACES[where]}, expected it in steps, the timeline or a thread`;
  }
  if (COROUTINE_ONLY.has(op) && where !== 'coroutine') {
    return `found '${op}', expected it in a coroutine's do only`;
  }
  if (OUTSIDE_COROUTINES.has(op) && where === 'coroutine') {
    return `found '${op}' in a coroutine, expected it outside: see next`;
  }
  return null;
}

/** The same for an action whose argument is not known: `lock` may be that of the big lock. */
export function misplacedWord(word: Op, where: Where): string | null {
  if ((word === 'lock' || word === 'unlock') && where !== 'timeline') return null;
  return misplaced(word, where);
}

/** The place of an action, from its path in the file. */
export function whereOf(path: readonly PropertyKey[]): Where {
  const top = path[0];
  if (top === 'steps' || top === 'timeline') return top;
  if (ON_CPU.some((action) => path.includes(action))) return 'vcpu';
  if (top === 'threads') return 'thread';
  if (top === 'vcpus') return 'vcpu';
  if (top === 'requests') return path[2] === 'work' ? 'work' : 'callback';
  return top === 'coroutines' ? 'coroutine' : 'callback';
}
