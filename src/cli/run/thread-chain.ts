/** The events between threads that tell why each of them goes on, out of all that happens. */

import { BH_SCHEDULED } from '../../trace/bh-flags.ts';
import { EV, type EventId, type EventName } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';

export const THREAD_CHAIN: readonly EventName[] = [
  'aio_bh_call_begin',
  'aio_bh_enqueue',
  'aio_co_schedule',
  'aio_notify',
  'aio_set_fd_handler',
  'bql_lock',
  'bql_locked',
  'bql_unlock',
  'child_reap',
  'child_spawn',
  'cpu_exec_end',
  'cpu_exec_start_begin',
  'cpu_exec_start_end',
  'end_exclusive',
  'fd_handler_begin',
  'poll_enter',
  'poll_return',
  'signal_handler_begin',
  'signalfd_record',
  'start_exclusive_begin',
  'start_exclusive_end',
  'start_exclusive_wait',
  'thread_pool_complete',
  'thread_pool_submit',
  'timer_call_begin',
];

/** Bottom halves that only serve the run itself begin so. */
const OWN = ['scenario_', 'thread_failed_bh'];

export class ThreadChain {
  /** The threads that wait for the BQL. */
  readonly #waiters = new Set<number>();
  /** The threads whose last poll was only a look. */
  readonly #looks = new Set<string>();
  /** The threads whose next aio_notify is that of a line that is shown. */
  readonly #notifies = new Set<string>();

  /** Takes the next event, and returns whether it is shown. */
  takes(thread: string, id: EventId, args: readonly TraceValue[]): boolean {
    switch (id) {
      case EV.aio_set_fd_handler:
        return false;
      case EV.poll_enter:
        this.#set(this.#looks, thread, args[2] === 0);
        return args[2] !== 0;
      case EV.poll_return:
        return !this.#looks.has(thread);
      case EV.aio_bh_call_begin:
        return !isOwn(args[1]);
      case EV.aio_bh_enqueue: {
        const isShown = (Number(args[3]) & BH_SCHEDULED) !== 0 && !isOwn(args[1]);
        this.#set(this.#notifies, thread, isShown);
        return isShown;
      }
      case EV.aio_notify:
        return this.#notifies.delete(thread);
      case EV.fd_handler_begin:
        return args[3] !== 'aio_context_notifier';
      case EV.bql_lock: {
        const waits = Number(args[1]) !== 0;
        if (waits) this.#waiters.add(Number(args[0]));
        return waits;
      }
      case EV.start_exclusive_begin:
        return Number(args[1]) !== 0;
      case EV.bql_locked:
        return this.#waiters.delete(Number(args[0]));
      case EV.bql_unlock:
        return this.#waiters.size > 0;
      default:
        return true;
    }
  }

  #set<T>(set: Set<T>, one: T, isIn: boolean): void {
    if (isIn) set.add(one);
    else set.delete(one);
  }
}

function isOwn(name: TraceValue | undefined): boolean {
  return OWN.some((start) => String(name).startsWith(start));
}
