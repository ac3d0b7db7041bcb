/** Why each line of the live log is there: one sentence, and where QEMU and this program do it. */

import { EV, type EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';

/** The reason for one kind of line. */
export interface Why {
  /** The section of docs/chain.md, as its heading says. */
  readonly section: string;
  /** One sentence. */
  readonly text: string;
  /** The function and file of QEMU 7.2, or of an older one that says so. */
  readonly qemu: string;
  /** The file here. */
  readonly here: string;
}

/** The reason for an event's line, or null if the chain has no such line. */
export type WhyOf = (id: EventId, args: readonly TraceValue[]) => Why | null;

const why = (section: string, text: string, qemu: string, here: string): Why => ({
  section,
  text,
  qemu,
  here,
});

const OLD = 'util/iohandler.c, until 6.0';

const SPAWN = why(
  'posix_spawn',
  'The child starts with an empty signal mask and default dispositions: it would inherit ours, and then no SIGTERM could end it.',
  'launch_script, net/tap.c',
  'src/signal/child-watch.ts',
);
const SLEEP = why(
  'ppoll',
  'This is the only place where the thread may sleep, so whoever has work for it must make one of these descriptors readable.',
  'os_host_main_loop_wait, util/main-loop.c',
  'src/aio/fdmon/poll-set.ts',
);
const LOOK = why(
  'ppoll, timeout 0',
  'There is work already, or the caller asked not to wait: the loop looks which descriptors are ready, and must not sleep.',
  'aio_compute_timeout, util/async.c',
  'src/aio/aio-context.ts',
);
const READY = why(
  'ppoll returned',
  'A descriptor stays ready until it is read: what is not handled now is found again by the next ppoll, and nothing is lost.',
  'os_host_main_loop_wait, util/main-loop.c',
  'src/aio/fdmon/poll-set.ts',
);
const NOTHING = why(
  'ppoll returned',
  'Nothing is ready, and that is no mistake: the loop only looked, and bottom halves and timers run all the same.',
  'os_host_main_loop_wait, util/main-loop.c',
  'src/aio/fdmon/poll-set.ts',
);
const SIGFD = why(
  'sigfd_handler',
  'The signal is blocked, so it interrupts nobody; it is read here, between two callbacks, until the signalfd has no more.',
  'sigfd_handler, util/main-loop.c',
  'src/signal/sigfd.ts',
);
const RECORD = why(
  'qemu_signalfd_siginfo',
  'One record is one signal, but not one child: a SIGCHLD that is pending already is not queued again.',
  'struct qemu_signalfd_siginfo, include/qemu/compatfd.h',
  'src/signal/siginfo.ts',
);
const SIGACTION = why(
  'sigaction',
  'The kernel calls no handler for a signal that a signalfd takes, so sigaction(2) is asked who would have been called.',
  'sigfd_handler, util/main-loop.c',
  'src/signal/sigaction-table.ts',
);
const HANDLER = why(
  'sigchld_handler(17)',
  'The handler runs in the middle of the dispatch of fds, so it does not reap: it only schedules the work.',
  `sigchld_handler, ${OLD}`,
  'src/signal/child-watch.ts',
);
const SIGNAL = why(
  'sigchld_handler(17)',
  'The handler is called by the loop, not by the kernel: it may allocate, lock and call anything.',
  'sigaction_invoke, util/oslib-posix.c',
  'src/signal/signals.ts',
);
const SCHEDULE = why(
  'qemu_bh_schedule',
  'A bottom half puts work off to a place where no callback is half done, and any number of calls before it runs are one.',
  'qemu_bh_schedule, util/async.c',
  'src/aio/bh-list.ts',
);
const NOTIFY_0 = why(
  'aio_notify',
  'notify_me 0: nobody sleeps or is about to, so the next iteration sees the list anyway and a system call is saved.',
  'aio_notify, util/async.c',
  'src/aio/wake/wakeup.ts',
);
const NOTIFY_1 = why(
  'aio_notify',
  'notify_me is not 0: somebody sleeps, or is about to, and only a readable eventfd ends that.',
  'aio_notify, util/async.c',
  'src/aio/wake/wakeup.ts',
);
const KEPT = why(
  'aio_notify',
  'notify_me is still set, but this is the very thread that would sleep: it keeps the event, and its next wait does not sleep.',
  'aio_notify, util/async.c',
  'src/aio/wake/sleeper.ts',
);
const BH_POLL = why(
  'aio_bh_poll',
  'The whole list is taken at once, last scheduled first: what is scheduled from now on waits for the next round, so descriptors get their turn.',
  'aio_bh_poll, util/async.c',
  'src/aio/bh-list.ts',
);
const REAP_ALL = why(
  'sigchld_bh_handler',
  'It asks until no dead child is left, since one SIGCHLD may stand for many deaths and none will come for the rest.',
  `sigchld_bh_handler, ${OLD}`,
  'src/signal/child-watch.ts',
);
const BH = why(
  'aio_bh_poll',
  'A bottom half runs where no callback is half done; it may schedule itself again for the next round.',
  'aio_bh_call, util/async.c',
  'src/aio/bh-list.ts',
);
const WAITPID = why(
  'waitpid',
  'A dead child keeps its pid and its exit status as a zombie until this call takes them.',
  `sigchld_bh_handler, ${OLD}`,
  'src/signal/child-watch.ts',
);
const FD = why(
  'ppoll returned',
  'The handler is called because its descriptor is ready; it must take what made it ready, or the next poll returns at once.',
  'aio_dispatch_handler, util/aio-posix.c',
  'src/aio/dispatcher.ts',
);
const ACCEPT = why(
  'aio_notify',
  'NOTIFIED is cleared after the sleep and before the work is looked at, so that later work sets it again.',
  'aio_notify_accept, util/async.c',
  'src/aio/wake/wakeup.ts',
);
const TIMER_MOD = why(
  'ppoll, timeout 0',
  'If this timer is now the soonest, the loop is notified, since it may be asleep for longer than that.',
  'timer_mod_ns, util/qemu-timer.c',
  'src/aio/timer-list.ts',
);
const TIMER = why(
  'ppoll, timeout 0',
  'Timers need no descriptor: the soonest one is the timeout of ppoll, and those that are due run last in the iteration.',
  'timerlist_run_timers, util/qemu-timer.c',
  'src/aio/timer-list.ts',
);

const BQL_WAIT = why(
  'ppoll',
  'Only the holder of the big lock may touch the devices, and it is unfair: a thread that takes it again at once gets it before one that sleeps.',
  'qemu_mutex_lock_iothread, softmmu/cpus.c',
  'src/thread/global-lock.ts',
);
const BQL_HAS = why(
  'ppoll',
  'Now this thread may touch the devices; main_loop_wait has to have the lock before it calls anything.',
  'os_host_main_loop_wait, util/main-loop.c',
  'src/thread/global-lock.ts',
);
const BQL_GIVES = why(
  'ppoll',
  'main_loop_wait gives the lock back while it polls: a vCPU that needs it could otherwise never end the sleep.',
  'os_host_main_loop_wait, util/main-loop.c',
  'src/thread/global-lock.ts',
);
const RUNS_ALONE = why(
  'ppoll',
  'A step that no other vCPU may see half done: each that is in its program is kicked and leaves it, and those that are halted or do work are not waited for.',
  'start_exclusive, cpus-common.c',
  'src/thread/vcpu/exclusive.ts',
);
const BEGINS_LATER = why(
  'ppoll',
  'While a vCPU runs alone, or is to, no other begins its program; it waits without the big lock.',
  'cpu_exec_start, cpus-common.c',
  'src/thread/vcpu/exclusive.ts',
);
const LEAVES = why(
  'ppoll',
  'The kick ends its turn: each that leaves is counted, and the last one wakes who waits to run alone.',
  'cpu_exec_end, cpus-common.c',
  'src/thread/vcpu/exclusive.ts',
);
const POOL = why(
  'qemu_bh_schedule',
  'The work may block, so a worker does it; its end is a bottom half of the context that submitted it.',
  'thread_pool_submit_aio, util/thread-pool.c',
  'src/thread/thread-pool.ts',
);
const CO_SCHEDULE = why(
  'qemu_bh_schedule',
  'A coroutine goes on in the context in which it is scheduled: one bottom half there enters all that are.',
  'aio_co_schedule, util/async.c',
  'src/thread/co/shared-coroutines.ts',
);

const CHILD_BH = 'sigchld_bh';
const CHILD_HANDLER = 'sigchld_handler';

const FIXED: ReadonlyMap<EventId, Why> = new Map<EventId, Why>([
  [EV.child_spawn, SPAWN],
  [EV.signalfd_record, RECORD],
  [EV.sigaction_lookup, SIGACTION],
  [EV.aio_bh_enqueue, SCHEDULE],
  [EV.aio_bh_poll, BH_POLL],
  [EV.child_status, WAITPID],
  [EV.child_reap, WAITPID],
  [EV.aio_notify_accept, ACCEPT],
  [EV.timer_mod, TIMER_MOD],
  [EV.timer_call_begin, TIMER],
  [EV.bql_lock, BQL_WAIT],
  [EV.bql_locked, BQL_HAS],
  [EV.bql_unlock, BQL_GIVES],
  [EV.start_exclusive_begin, RUNS_ALONE],
  [EV.start_exclusive_wait, RUNS_ALONE],
  [EV.start_exclusive_end, RUNS_ALONE],
  [EV.end_exclusive, RUNS_ALONE],
  [EV.cpu_exec_start_begin, BEGINS_LATER],
  [EV.cpu_exec_start_end, BEGINS_LATER],
  [EV.cpu_exec_end, LEAVES],
  [EV.thread_pool_submit, POOL],
  [EV.aio_co_schedule, CO_SCHEDULE],
]);

/** The reason for an event's line. Two lines have the same reason if they are of one kind. */
export const whyOf: WhyOf = (id, args) => {
  switch (id) {
    case EV.poll_enter:
      return args[2] === 0 ? LOOK : SLEEP;
    case EV.poll_return:
      return args[1] === 0 ? NOTHING : READY;
    case EV.fd_handler_begin:
      return args[3] === 'sigfd_handler' ? SIGFD : FD;
    case EV.signal_handler_begin:
      return args[1] === CHILD_HANDLER ? HANDLER : SIGNAL;
    case EV.aio_notify:
      return args[3] === 1 ? KEPT : args[2] === 1 ? NOTIFY_1 : NOTIFY_0;
    case EV.aio_bh_call_begin:
      return args[1] === CHILD_BH ? REAP_ALL : BH;
    default:
      return FIXED.get(id) ?? null;
  }
};
