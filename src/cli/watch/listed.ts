/** Which trace events are shown as lines, and which tell that something has happened. */

import { EV, EVENT_NAMES, type EventId, type EventName } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import { LOOP_ROUNDS } from '../log/loop-rounds.ts';

/** Names of the view's own handlers and timers. */
export const KEYS_HANDLER = 'watch_keys';
export const DRAW_TIMER = 'watch_draw';

/** Events that are counted, but get no line of their own. */
const ROUNDS: ReadonlySet<EventName> = new Set<EventName>([
  ...LOOP_ROUNDS,
  'aio_notify_accept',
  'signalfd_read',
]);

/** Whether an event gets a line of its own. */
export function isListed(id: EventId, args: readonly TraceValue[]): boolean {
  return !ROUNDS.has(EVENT_NAMES[id]!) && args[0] !== DRAW_TIMER;
}

/** Whether an event of another thread than main is more than a round of its loop. */
export function happensElsewhere(id: EventId, args: readonly TraceValue[]): boolean {
  if (id === EV.fd_handler_begin) return args[3] !== 'aio_context_notifier';
  if (id === EV.aio_bh_call_begin) return !servesRun(String(args[1]));
  return id === EV.timer_call_begin;
}

/** Whether a bottom half only serves the run of a scenario. */
export function servesRun(name: string): boolean {
  return name.startsWith('scenario_') || name === 'thread_failed_bh';
}
