/**
 * The words that all threads of one machine share: where they stand. The lock, which changes often,
 * has a cache line (16 words) of its own.
 */

/** The state of the BQL; see GlobalLock. */
export const BQL_STATE = 0;
/** The number of the thread that holds the BQL; 0 if nobody does. */
export const BQL_OWNER = 1;
/** If the BQL is fair: the next ticket to draw, and the ticket whose turn it is. */
export const BQL_NEXT = 2;
export const BQL_SERVING = 3;

/** How many threads wait in AIO_WAIT_WHILE. QEMU: global_aio_wait. */
export const NUM_WAITERS = 16;

/** 1 if the BQL is fair. Set once. */
export const BQL_FAIR = 32;
/** The number of the thread that was made last. */
export const LAST_THREAD = 33;

/** The number of the context that joined last; main's is 0. */
export const LAST_CONTEXT = 34;

/** 1 while the machine runs. QEMU: runstate_is_running. */
export const VM_RUNNING = 35;
/** Conditions of the machine; see QemuCond. QEMU: qemu_work_cond, qemu_pause_cond. */
export const WORK_COND = 36;
export const PAUSE_COND = 38;

/** The virtual clock; see MachineClock. Its base is a double. */
export const CLOCK_SEQUENCE = 40;
export const CLOCK_ENABLED = 41;
export const CLOCK_TIMERS = 42;
export const CLOCK_BASE = 44;

/** A call that main makes for a thread with the BQL; see Lender. */
export const LEND_STATE = 20;
export const LEND_KIND = 21;
export const LEND_ARGUMENT = 22;
export const LEND_RESULT = 23;

/** Tasks that other threads have for main: a bit each. */
export const MAIN_TASKS = 24;
/** To stop the machine. QEMU: vmstop_requested. */
export const TASK_STOP = 1;
/** To call those who want to know that the machine has stopped. */
export const TASK_TELL = 2;
/** To wake the threads that have virtual timers: the clock has started. */
export const TASK_WAKE = 4;

/** One more than the number of vCPUs that one waits for which is to be alone; 0 if none is. See Exclusive. QEMU: pending_cpus. */
export const PENDING_CPUS = 25;
/** The mutex of that; the words that the one, and those that it keeps waiting, sleep on. QEMU: qemu_cpu_list_lock. */
export const CPU_LIST_MUTEX = 26;
export const EXCLUSIVE_COND = 27;
export const EXCLUSIVE_RESUME = 28;
/** The number of the thread that is, or is to be, alone; 0 if none is. */
export const EXCLUSIVE_OWNER = 29;

/** Words that aio_wait_bh_oneshot of main waits for: the last are those of the innermost call. */
export const FIRST_DONE = 48;
export const MOST_DONE = 12;

/** The most contexts of a machine whose coroutines other threads can schedule. */
export const MOST_CONTEXTS = 64;
/** Their names, as UTF-8. */
export const CONTEXT_NAMES = 64;
export const NAME_WORDS = 8;

export const MACHINE_WORDS = CONTEXT_NAMES + MOST_CONTEXTS * NAME_WORDS;
