import type { EventName } from '../../trace/catalogue.ts';

/** Events that only show that the loop goes round. */
export const LOOP_ROUNDS: readonly EventName[] = [
  'main_loop_wait_begin',
  'main_loop_wait_end',
  'main_loop_phase',
  'aio_poll_begin',
  'aio_poll_end',
  'fd_handler_end',
  'aio_bh_call_end',
  'signal_handler_end',
  'timer_call_end',
  'thread_cputime',
];
