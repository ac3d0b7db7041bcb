/**
 * The one list of trace events: the name of each, its arguments, its format, and its meaning. If
 * QEMU 7.2 has the event (util/trace-events), name and arguments are QEMU's; the others are ours.
 *
 * Argument types, after C's: `ptr` is the number of an object (a handler, a coroutine), for which
 * QEMU has its address; `object` is an object that has a name (a context); `int` and `unsigned` are 32-bit numbers, `bool` is 0 or 1, `int64` a number of up to 53 bits, `str` a text.
 */

export type ArgType = 'ptr' | 'object' | 'int' | 'unsigned' | 'bool' | 'int64' | 'str';
/** Types whose values are texts. */
type TextType = 'str' | 'object';
type Value<T extends ArgType> = T extends TextType ? string : number;

/** Whether values of this type are texts; all others are numbers. */
export function isText(type: ArgType): type is TextType {
  return type === 'str' || type === 'object';
}

export interface EventDef {
  readonly args: readonly (readonly [name: string, type: ArgType])[];
  /** A printf format with one conversion per argument, as in QEMU's trace-events files. */
  readonly format: string;
  readonly help: string;
}

function ev<const A extends readonly (readonly [string, ArgType])[]>(
  args: A,
  format: string,
  help: string,
): { args: A; format: string; help: string } {
  return { args, format, help };
}

export const CATALOGUE = {
  // QEMU's own: util/trace-events, aio-posix.c
  run_poll_handlers_begin: ev(
    [
      ['ctx', 'object'],
      ['max_ns', 'int64'],
      ['timeout', 'int64'],
    ],
    'ctx %p max_ns %ld timeout %ld',
    'aio_poll starts to poll its handlers in user space',
  ),
  run_poll_handlers_end: ev(
    [
      ['ctx', 'object'],
      ['progress', 'bool'],
      ['timeout', 'int64'],
    ],
    'ctx %p progress %d new timeout %ld',
    'aio_poll has polled its handlers in user space',
  ),
  poll_shrink: ev(
    [
      ['ctx', 'object'],
      ['old', 'int64'],
      ['new', 'int64'],
    ],
    'ctx %p old %ld new %ld',
    'polling took too long, poll_ns shrinks',
  ),
  poll_grow: ev(
    [
      ['ctx', 'object'],
      ['old', 'int64'],
      ['new', 'int64'],
    ],
    'ctx %p old %ld new %ld',
    'an event came soon after polling ended, poll_ns grows',
  ),
  poll_add: ev(
    [
      ['ctx', 'object'],
      ['node', 'ptr'],
      ['fd', 'int'],
      ['revents', 'unsigned'],
    ],
    'ctx %p node %p fd %d revents 0x%x',
    'a handler that fired is polled from now on',
  ),
  poll_remove: ev(
    [
      ['ctx', 'object'],
      ['node', 'ptr'],
      ['fd', 'int'],
    ],
    'ctx %p node %p fd %d',
    'a handler that was idle for 7 s is polled no more',
  ),

  // Ours: one iteration
  main_loop_wait_begin: ev(
    [
      ['iteration', 'int64'],
      ['nonblocking', 'bool'],
    ],
    'iteration %ld nonblocking %d',
    'main_loop_wait begins',
  ),
  main_loop_wait_end: ev(
    [
      ['iteration', 'int64'],
      ['ret', 'int'],
    ],
    'iteration %ld ret %d',
    'main_loop_wait returns',
  ),
  main_loop_phase: ev(
    [['phase', 'str']],
    'phase %s',
    'prepare, poll, check, dispatch or timers begins',
  ),
  aio_poll_begin: ev(
    [
      ['ctx', 'object'],
      ['blocking', 'bool'],
    ],
    'ctx %p blocking %d',
    'aio_poll begins',
  ),
  aio_poll_end: ev(
    [
      ['ctx', 'object'],
      ['progress', 'bool'],
    ],
    'ctx %p progress %d',
    'aio_poll returns',
  ),
  poll_enter: ev(
    [
      ['call', 'str'],
      ['nfds', 'int'],
      ['timeout', 'int64'],
    ],
    '%s nfds %d timeout %ld',
    'ppoll or epoll_wait is entered; timeout in ns, -1 without end',
  ),
  poll_return: ev(
    [
      ['call', 'str'],
      ['ret', 'int'],
      ['ready', 'str'],
    ],
    '%s ret %d ready %s',
    'ppoll or epoll_wait returned, with the fds that are ready',
  ),
  fdmon_switch: ev(
    [
      ['ctx', 'object'],
      ['from', 'str'],
      ['to', 'str'],
      ['nfds', 'int'],
    ],
    'ctx %p from %s to %s nfds %d',
    'a context or the main loop changes its fd monitor',
  ),

  // Ours: wake-ups
  aio_notify: ev(
    [
      ['ctx', 'object'],
      ['notify_me', 'int'],
      ['wrote', 'bool'],
      ['kept', 'bool'],
    ],
    'ctx %p notify_me %d wrote %d kept %d',
    'aio_notify; wrote: the eventfd was written; kept: the thread is awake and keeps the event for its next wait',
  ),
  aio_notify_accept: ev(
    [
      ['ctx', 'object'],
      ['notified', 'int'],
    ],
    'ctx %p notified %d',
    'the context takes note that it was notified',
  ),

  // Ours: fd handlers
  aio_set_fd_handler: ev(
    [
      ['ctx', 'object'],
      ['fd', 'int'],
      ['events', 'unsigned'],
      ['name', 'str'],
    ],
    'ctx %p fd %d events 0x%x %s',
    'handlers of an fd are set; events 0 removes them',
  ),
  fd_handler_begin: ev(
    [
      ['ctx', 'object'],
      ['fd', 'int'],
      ['revents', 'unsigned'],
      ['name', 'str'],
    ],
    'ctx %p fd %d revents 0x%x %s',
    'an fd handler is called',
  ),
  fd_handler_end: ev(
    [
      ['ctx', 'object'],
      ['fd', 'int'],
      ['name', 'str'],
    ],
    'ctx %p fd %d %s',
    'an fd handler returned',
  ),

  // Ours: bottom halves
  aio_bh_enqueue: ev(
    [
      ['ctx', 'object'],
      ['name', 'str'],
      ['old_flags', 'unsigned'],
      ['flags', 'unsigned'],
      ['bh', 'ptr'],
    ],
    'ctx %p bh %s old flags 0x%x new flags 0x%x id %p',
    'a bottom half is scheduled or deleted: put on bh_list unless it is there',
  ),
  qemu_bh_cancel: ev(
    [
      ['ctx', 'object'],
      ['name', 'str'],
      ['bh', 'ptr'],
    ],
    'ctx %p bh %s id %p',
    'a bottom half is cancelled',
  ),
  aio_bh_poll: ev(
    [
      ['ctx', 'object'],
      ['depth', 'int'],
    ],
    'ctx %p depth %d',
    'bh_list is detached; depth counts the rounds that are under way',
  ),
  aio_bh_call_begin: ev(
    [
      ['ctx', 'object'],
      ['name', 'str'],
      ['flags', 'unsigned'],
      ['bh', 'ptr'],
    ],
    'ctx %p bh %s flags 0x%x id %p',
    'a bottom half is called',
  ),
  aio_bh_call_end: ev(
    [
      ['ctx', 'object'],
      ['name', 'str'],
      ['bh', 'ptr'],
    ],
    'ctx %p bh %s id %p',
    'a bottom half returned',
  ),

  // Ours: timers
  timer_mod: ev(
    [
      ['name', 'str'],
      ['clock', 'str'],
      ['expire_time', 'int64'],
      ['first', 'bool'],
    ],
    'timer %s clock %s expire_time %ld first %d',
    'a timer is armed; first says whether it is now the soonest of its list',
  ),
  timer_del: ev([['name', 'str']], 'timer %s', 'a timer is disarmed'),
  timer_call_begin: ev(
    [
      ['name', 'str'],
      ['clock', 'str'],
      ['expire_time', 'int64'],
      ['now', 'int64'],
    ],
    'timer %s clock %s expire_time %ld now %ld',
    'an expired timer is called',
  ),
  timer_call_end: ev([['name', 'str']], 'timer %s', 'a timer returned'),

  // Ours: the processor
  thread_cputime: ev(
    [['cpu', 'int64']],
    'cpu %ld',
    "the thread's CPU time so far, ns: behind a poll or a callback, at most once in a ms; a callback that took much longer than that was preempted, or slept",
  ),

  // Ours: signals and children
  signalfd_read: ev(
    [
      ['fd', 'int'],
      ['ret', 'int'],
      ['records', 'int'],
    ],
    'fd %d ret %d records %d',
    'the signalfd was read; ret is bytes or -errno',
  ),
  signalfd_record: ev(
    [
      ['signo', 'int'],
      ['code', 'int'],
      ['pid', 'int'],
      ['uid', 'int'],
      ['status', 'int'],
      ['value', 'int'],
    ],
    'ssi_signo %d ssi_code %d ssi_pid %d ssi_uid %d ssi_status %d ssi_int %d',
    'one qemu_signalfd_siginfo',
  ),
  sigaction_lookup: ev(
    [
      ['signo', 'int'],
      ['disposition', 'str'],
      ['flags', 'unsigned'],
    ],
    'signo %d disposition %s flags 0x%x',
    'sigaction() says who handles the signal: default, ignore, or a handler by its name',
  ),
  signal_handler_begin: ev(
    [
      ['signo', 'int'],
      ['name', 'str'],
      ['siginfo', 'bool'],
    ],
    'signo %d handler %s siginfo %d',
    'a signal handler is called',
  ),
  signal_handler_end: ev(
    [
      ['signo', 'int'],
      ['name', 'str'],
    ],
    'signo %d handler %s',
    'a signal handler returned',
  ),
  child_spawn: ev(
    [
      ['pid', 'int'],
      ['name', 'str'],
      ['command', 'str'],
    ],
    'pid %d child %s command %s',
    'a child was started',
  ),
  child_status: ev(
    [
      ['pid', 'int'],
      ['name', 'str'],
      ['code', 'int'],
      ['status', 'int'],
    ],
    'pid %d child %s si_code %d si_status %d',
    'a child stopped or went on',
  ),
  child_reap: ev(
    [
      ['pid', 'int'],
      ['name', 'str'],
      ['code', 'int'],
      ['status', 'int'],
      ['utime', 'int64'],
      ['stime', 'int64'],
      ['latency', 'int64'],
      ['bound', 'bool'],
    ],
    'pid %d child %s si_code %d si_status %d utime %ld stime %ld latency %ld bound %d',
    'a child was reaped; times in ns, latency is from death to reap; bound 1: it is the most that it can be',
  ),

  // QEMU's own: util/trace-events, async.c, qemu-coroutine.c, qemu-coroutine-lock.c
  aio_co_schedule: ev(
    [
      ['ctx', 'object'],
      ['co', 'ptr'],
    ],
    'ctx %p co %p',
    'a coroutine is to be entered by a bottom half',
  ),
  aio_co_schedule_bh_cb: ev(
    [
      ['ctx', 'object'],
      ['co', 'ptr'],
    ],
    'ctx %p co %p',
    'the bottom half enters a scheduled coroutine',
  ),
  reentrant_aio: ev(
    [
      ['ctx', 'object'],
      ['name', 'str'],
    ],
    'ctx %p name %s',
    'a guarded bottom half is called while its device is in the middle of I/O',
  ),
  qemu_aio_coroutine_enter: ev(
    [
      ['ctx', 'object'],
      ['from', 'ptr'],
      ['to', 'ptr'],
      ['opaque', 'ptr'],
    ],
    'ctx %p from %p to %p opaque %p',
    'a coroutine is entered; from 0 is the thread itself; opaque is 0, since JavaScript has no addresses',
  ),
  qemu_coroutine_yield: ev(
    [
      ['from', 'ptr'],
      ['to', 'ptr'],
    ],
    'from %p to %p',
    'a coroutine yields to whoever entered it',
  ),
  qemu_coroutine_terminate: ev([['co', 'ptr']], 'self %p', 'a coroutine has ended'),
  qemu_co_mutex_lock_uncontended: ev(
    [
      ['mutex', 'ptr'],
      ['self', 'ptr'],
    ],
    'mutex %p self %p',
    'nobody held the mutex',
  ),
  qemu_co_mutex_lock_entry: ev(
    [
      ['mutex', 'ptr'],
      ['self', 'ptr'],
    ],
    'mutex %p self %p',
    'somebody holds the mutex, so the coroutine waits',
  ),
  qemu_co_mutex_lock_return: ev(
    [
      ['mutex', 'ptr'],
      ['self', 'ptr'],
    ],
    'mutex %p self %p',
    'the mutex was handed to the coroutine',
  ),
  qemu_co_mutex_unlock_entry: ev(
    [
      ['mutex', 'ptr'],
      ['self', 'ptr'],
    ],
    'mutex %p self %p',
    'the mutex is about to be unlocked',
  ),
  qemu_co_mutex_unlock_return: ev(
    [
      ['mutex', 'ptr'],
      ['self', 'ptr'],
    ],
    'mutex %p self %p',
    'the mutex was handed to the first waiter',
  ),

  thread_pool_submit: ev(
    [
      ['pool', 'object'],
      ['req', 'ptr'],
      ['opaque', 'ptr'],
    ],
    'pool %p req %p opaque %p',
    'work is given to the thread pool of a context; opaque is 0, since JavaScript has no addresses',
  ),
  thread_pool_complete: ev(
    [
      ['pool', 'object'],
      ['req', 'ptr'],
      ['opaque', 'ptr'],
      ['ret', 'int'],
    ],
    'pool %p req %p opaque %p ret %d',
    'a request of a thread pool completes, in the thread of its context',
  ),
  thread_pool_cancel: ev(
    [
      ['req', 'ptr'],
      ['opaque', 'ptr'],
    ],
    'req %p opaque %p',
    'a request of a thread pool is to be cancelled',
  ),

  // Ours: the workers of thread pools, and the names of threads
  thread_pool_work: ev(
    [
      ['pool', 'object'],
      ['req', 'ptr'],
      ['work', 'str'],
      ['worker', 'int'],
      ['taken', 'int64'],
      ['done', 'int64'],
    ],
    'pool %p req %p work %s worker %d taken %ld done %ld',
    "the work of a request that completes: the id of the worker's thread, and when that began and ended it, ns, as the times of events",
  ),
  thread_name: ev(
    [['name', 'str']],
    'name %s',
    "a thread's name, before its first event, in the formats log and simple",
  ),

  // Ours: the big lock
  bql_lock: ev(
    [
      ['self', 'int'],
      ['owner', 'int'],
    ],
    'self %d owner %d',
    'a thread wants the BQL, which the owner holds (0: nobody)',
  ),
  bql_locked: ev([['self', 'int']], 'self %d', 'a thread has the BQL'),
  bql_unlock: ev([['self', 'int']], 'self %d', 'a thread gives the BQL back'),

  // Ours: vCPUs that run alone
  start_exclusive_begin: ev(
    [
      ['self', 'int'],
      ['owner', 'int'],
    ],
    'self %d owner %d',
    'a vCPU is to run alone; the owner is alone, or is to be, before it (0: nobody)',
  ),
  start_exclusive_wait: ev(
    [
      ['self', 'int'],
      ['cpu', 'int'],
    ],
    'self %d cpu %d',
    'a vCPU that is to run alone waits for the thread of another one to leave its program',
  ),
  start_exclusive_end: ev([['self', 'int']], 'self %d', 'a vCPU runs alone'),
  end_exclusive: ev([['self', 'int']], 'self %d', 'a vCPU runs alone no more'),
  cpu_exec_start_begin: ev(
    [
      ['self', 'int'],
      ['owner', 'int'],
    ],
    'self %d owner %d',
    'a vCPU waits to begin its program: the owner runs alone, or is to',
  ),
  cpu_exec_start_end: ev([['self', 'int']], 'self %d', 'a vCPU that waited begins its program'),
  cpu_exec_end: ev(
    [
      ['self', 'int'],
      ['owner', 'int'],
    ],
    'self %d owner %d',
    'a vCPU leaves its program, for which the owner has waited',
  ),

  // Ours: coroutines
  coroutine_create: ev(
    [
      ['co', 'ptr'],
      ['name', 'str'],
    ],
    'co %p name %s',
    'a coroutine is made',
  ),
} as const satisfies Record<string, EventDef>;

export type EventName = keyof typeof CATALOGUE;

type ArgsOf<A extends readonly (readonly [string, ArgType])[]> = {
  -readonly [I in keyof A]: A[I] extends readonly [string, infer T extends ArgType]
    ? Value<T>
    : never;
};

/** The arguments of an event, from its declaration. */
export type EventArgs<K extends EventName> = ArgsOf<(typeof CATALOGUE)[K]['args']>;

/** Names in order of declaration; the index is the event's id. */
export const EVENT_NAMES = Object.keys(CATALOGUE) as EventName[];

/** An event's id, typed with the event's name. */
export type EventId<K extends EventName = EventName> = number & { readonly event?: K };

/** Ids by name. Files on the hot path keep the id in a constant of their own. */
export const EV = Object.fromEntries(EVENT_NAMES.map((name, id) => [name, id])) as {
  readonly [K in EventName]: EventId<K>;
};
