import type { About } from './schema-about.ts';
import { DO_RUNS, QUIET } from './schema-about.ts';

const POOL_MIN = 'How many workers its thread pool keeps. Default: 0.';
const POOL_MAX = 'How many workers its thread pool may have. Default: 64.';
const BATCH = 'The most requests of a batch; 0 is the engine’s own. Default: 0.';
const POLL = {
  blocking: 'Whether it may sleep. Default: true with until, else false.',
  until: 'Repeats it until words have these values, such as {done: 1}; the last result is logged.',
  quiet: 'Whether its result is not logged. Default: false.',
  of: 'The context that is polled. Default: main.',
};
const ON_CPU = { cpu: 'The vCPU.', do: 'What runs there.' };

/** ABOUT, for the words that only files with several threads have. */
export const ABOUT_THREADS: About = {
  iothreads: {
    poll_max: 'poll-max-ns: how long its aio_poll may busy-wait. Default: 32768ns.',
    poll_grow: 'poll-grow: the factor by which that time grows; 0 is QEMU’s own, 2. Default: 0.',
    poll_shrink: 'poll-shrink: the factor by which it shrinks; 0 is back to 0. Default: 0.',
    thread_pool_min: POOL_MIN,
    thread_pool_max: POOL_MAX,
    aio_max_batch: BATCH,
  },
  threads: {
    do: 'What the thread does, once.',
    start: 'Whether it starts before the first step; else by start. Default: true.',
  },
  vcpus: {
    do: 'What the vCPU does in each turn of its loop.',
    loop: 'How many turns, or forever. Default: 1.',
  },
  requests: {
    in: 'The context whose thread pool it goes to. Default: main.',
    work: 'What a worker does.',
    returns: 'What the work returns. Default: 0.',
    do: 'What its completion does, in its context.',
    do_runs: DO_RUNS,
    quiet: QUIET,
  },
  main_loop: { thread_pool_min: POOL_MIN, thread_pool_max: POOL_MAX, aio_max_batch: BATCH },
  action: {
    acquire: 'aio_context_acquire: takes the lock of a context, which may be held already.',
    release: 'aio_context_release.',
    hold: 'Keeps a thread in a bottom half of its context until go_on. Returns when it stands there.',
    go_on: 'Lets a thread that is held go on.',
    wait_idle: 'Waits until a thread has run all that is scheduled in its context.',
    wait_asleep: 'Waits until a thread sleeps in its loop.',
    start: 'Starts a thread that has start: false.',
    join: 'qemu_thread_join: waits until a thread has ended.',
    stop: 'iothread_stop.',
    submit: 'thread_pool_submit_aio of a request.',
    submit_co: 'thread_pool_submit_co of a request. In coroutines only.',
    submit_only: 'thread_pool_submit of a request: no completion.',
    wait_oneshot: 'aio_wait_bh_oneshot with the callback of a bottom half, in its context.',
    cond_wait: 'qemu_cond_wait_iothread: gives the big lock back while it waits.',
    cond_signal: 'qemu_cond_signal.',
    reschedule: 'aio_co_reschedule_self: goes on in another context. In coroutines only.',
    halt: 'Waits until the vCPU is kicked. In vcpus only.',
    pause_all_vcpus:
      'pause_all_vcpus: returns when all vCPUs stand. A vCPU that calls it stands after its turn.',
    resume_all_vcpus: 'resume_all_vcpus.',
    vm_stop:
      'vm_stop: pauses all vCPUs, and stops the virtual clock. A vCPU only asks main for it.',
    vm_start: 'vm_start: starts the virtual clock, and resumes all vCPUs. Only main can do it.',
    start_exclusive:
      'start_exclusive: waits until no other vCPU is in its do, and keeps them out. In vcpus only.',
    end_exclusive: 'end_exclusive: the other vCPUs go on. In vcpus only.',
    put: 'Sets a word, such as {done: 1}.',
    add: 'Adds to a word, such as {count: 1}.',
    compute: 'Keeps the thread busy for a time, while the others go on.',
    wait_while: 'AIO_WAIT_WHILE.',
    run_on_cpu: 'run_on_cpu: waits until the vCPU has done it.',
    async_run_on_cpu: 'async_run_on_cpu: queues it for the vCPU.',
    async_safe_run_on_cpu:
      'async_safe_run_on_cpu: queues it for the vCPU, which does it while no other is in its do.',
  },
  poll: POLL,
  main_loop_wait: POLL,
  wait_while: {
    context: 'The context whose lock is given back meanwhile, or none for NULL.',
    while: 'Waits while words have these values, such as {done: 0}.',
    unlocked: 'AIO_WAIT_WHILE_UNLOCKED: leaves the context’s lock alone. Default: false.',
    each: 'Done each time that the condition is evaluated; $(condition) is its result.',
  },
  run_on_cpu: ON_CPU,
  async_run_on_cpu: ON_CPU,
  async_safe_run_on_cpu: ON_CPU,
};
