import { EV, EVENT_NAMES, type EventId, type EventName } from '../../trace/catalogue.ts';
import type { Tracer, TraceValue } from '../../trace/tracer.ts';
import type { LogLevel, LogWriter } from './log.ts';
import { LOOP_ROUNDS } from './loop-rounds.ts';

/** One event per link: the events logged at level info. */
const CHAIN: readonly EventName[] = [
  'child_spawn',
  'poll_enter',
  'poll_return',
  'fd_handler_begin',
  'signalfd_record',
  'sigaction_lookup',
  'signal_handler_begin',
  'aio_bh_enqueue',
  'aio_notify',
  'aio_bh_poll',
  'aio_bh_call_begin',
  'child_status',
  'child_reap',
];

/** Logged at level trace. */
const ROUNDS: ReadonlySet<EventName> = new Set(LOOP_ROUNDS);

/** The number of polls, and of those that found something. */
export interface PollCounts {
  polls: number;
  wakeups: number;
}

interface Held {
  readonly id: EventId;
  readonly timeNs: number;
  readonly args: readonly TraceValue[];
}

/**
 * Attaches a log to a tracer, with the events of its level.
 *
 * At level info only the chain from a child's death to its reap is logged. An iteration's poll
 * belongs to it only if a signal or a reap follows, so earlier events are held back until that is
 * known, and dropped at the next poll if they were not needed.
 */
export function attachLog(trace: Tracer, level: LogLevel, log: LogWriter): PollCounts {
  const counts: PollCounts = { polls: 0, wakeups: 0 };
  trace.attach(['poll_return'], (_id, _time, _call, ret) => {
    counts.polls++;
    if (Number(ret) > 0) counts.wakeups++;
  });
  if (level === 'trace' || level === 'debug') attachAll(trace, level, log);
  else if (level === 'info') attachChain(trace, log);
  return counts;
}

function attachAll(trace: Tracer, level: LogLevel, log: LogWriter): void {
  const names = EVENT_NAMES.filter((name) => level === 'trace' || !ROUNDS.has(name));
  trace.attach(names, (id, timeNs, ...args) => {
    const at = CHAIN.includes(EVENT_NAMES[id]!)
      ? 'info'
      : ROUNDS.has(EVENT_NAMES[id]!)
        ? 'trace'
        : 'debug';
    log.event(at, id, timeNs, args);
    if (id === EV.poll_enter) log.flush();
  });
}

function attachChain(trace: Tracer, log: LogWriter): void {
  let held: Held[] = [];
  const release = (): void => {
    for (const { id, timeNs, args } of held) log.event('info', id, timeNs, args);
    held = [];
  };
  // Notifications other than sigchld_bh's, such as a timer's, are the loop's own.
  let notifies = false;
  trace.attach(CHAIN, (id, timeNs, ...args) => {
    switch (id) {
      case EV.poll_enter:
        log.flush();
        held = [{ id, timeNs, args }];
        return;
      case EV.poll_return:
      case EV.aio_bh_poll:
        hold(held, { id, timeNs, args });
        return;
      case EV.fd_handler_begin:
        if (args[3] !== 'sigfd_handler') return;
        break;
      case EV.aio_bh_call_begin:
        if (args[1] !== 'sigchld_bh') return;
        break;
      case EV.aio_bh_enqueue:
        if (args[1] !== 'sigchld_bh') return;
        notifies = true;
        break;
      case EV.aio_notify:
        if (!notifies) return;
        notifies = false;
        break;
      default:
    }
    release();
    log.event('info', id, timeNs, args);
  });
}

/** aio_bh_poll comes for every context and round: only the last one before a call matters. */
function hold(held: Held[], event: Held): void {
  const last = held.at(-1);
  if (last !== undefined && last.id === event.id) held[held.length - 1] = event;
  else held.push(event);
}
