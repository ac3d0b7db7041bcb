import type { BuiltIn } from '../built-in.ts';
import { AIO_NOTIFY, AIO_NOTIFY_ACCEPT } from './aio-notify.ts';
import { BH_SCHEDULE, MAIN_LOOP, NESTED } from './bh-schedule.ts';
import { BQL, BQL_IN_ORDER, COND_BROADCAST, COND_WAIT } from './bql.ts';
import { CO_MUTEX } from './co-mutex.ts';
import { CONTEXT_NESTED, CONTEXT_POLL } from './context.ts';
import { CLOSE_LEFT, CONTEXT_SETTINGS } from './context-ends.ts';
import { AIO_WAIT_WHILE, CO_SCHEDULE, IOTHREAD_STOP } from './context-more.ts';
import { TCG_EXCLUSIVE } from './exclusive.ts';
import { CLOSE, GENERATIONS } from './inbox-ends.ts';
import { INBOX_AWAKE, INBOX_CALL, INBOX_CALL_FREED, INBOX_CANCEL } from './inbox-more.ts';
import { INBOX_DATA, INBOX_LISTED, INBOX_NOTIFY, INBOX_SETTINGS, INBOX_TWO } from './inbox-two.ts';
import { MAIN_LOOP_WAIT } from './main-loop.ts';
import { NOTIFIED_EVENT } from './notified.ts';
import { OLD_BH } from './old-bh.ts';
import { POOL_LEAVES } from './pool-leave.ts';
import { POOL_BOTH, POOL_LIMIT, POOL_LOOKS } from './pool-sleep.ts';
import { WIN32_EVENT } from './qemu-models.ts';
import { POOL_CANCEL, POOL_FINISH, POOL_QUEUE } from './thread-pool.ts';
import { TIMERS, TIMERS_TWO } from './timers.ts';
import { RECORD_TURNS, REPLAY_TURNS } from './turns.ts';

/** The programs of the command, in the order of its list. */
export const PROGRAMS: readonly BuiltIn[] = [
  OLD_BH,
  AIO_NOTIFY,
  AIO_NOTIFY_ACCEPT,
  BH_SCHEDULE,
  NESTED,
  MAIN_LOOP,
  INBOX_TWO,
  INBOX_DATA,
  INBOX_LISTED,
  INBOX_NOTIFY,
  INBOX_SETTINGS,
  INBOX_CALL,
  INBOX_CALL_FREED,
  INBOX_CANCEL,
  INBOX_AWAKE,
  GENERATIONS,
  CLOSE,
  CLOSE_LEFT,
  CONTEXT_POLL,
  CONTEXT_NESTED,
  CONTEXT_SETTINGS,
  MAIN_LOOP_WAIT,
  CO_SCHEDULE,
  AIO_WAIT_WHILE,
  IOTHREAD_STOP,
  TIMERS,
  TIMERS_TWO,
  BQL,
  BQL_IN_ORDER,
  COND_WAIT,
  COND_BROADCAST,
  CO_MUTEX,
  POOL_QUEUE,
  POOL_BOTH,
  POOL_LOOKS,
  POOL_CANCEL,
  POOL_FINISH,
  POOL_LIMIT,
  POOL_LEAVES,
  NOTIFIED_EVENT,
  WIN32_EVENT,
  TCG_EXCLUSIVE,
  RECORD_TURNS,
  REPLAY_TURNS,
];
