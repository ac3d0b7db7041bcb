import type { TraceRecord } from '../../trace/read.ts';

/** A thread whose events the trace has. */
export interface ReportThread {
  /** As gettid; 0 for the main thread. */
  readonly tid: number;
  readonly name: string;
  /** Whether it runs a loop: it polls. */
  loops: boolean;
}

/** The threads of a trace. */
export interface Threads {
  /** The main thread first, the others in order of their first events. */
  readonly threads: readonly ReportThread[];
  /** For each event, the index of its thread. */
  readonly threadOf: Uint16Array;
  /** The index of the thread that runs a context, by the context's name. */
  readonly homes: ReadonlyMap<string, number>;
}

const MAIN = 'main loop';

/** Events that only the thread of a context has. */
const AT_HOME: ReadonlySet<string> = new Set([
  'aio_notify_accept',
  'aio_poll_begin',
  'aio_bh_poll',
  'aio_bh_call_begin',
  'fd_handler_begin',
]);
const POLLS: ReadonlySet<string> = new Set(['poll_enter', 'aio_poll_begin']);

export function findThreads(events: readonly TraceRecord[]): Threads {
  const mainTid = findMain(events);
  const threads: ReportThread[] = [{ tid: 0, name: MAIN, loops: false }];
  const indexes = new Map<number, number>([[mainTid, 0]]);
  const homes = new Map<string, number>();
  const contexts = new Map<number, string>();
  const threadOf = new Uint16Array(events.length);
  const names: string[] = [];
  events.forEach(({ name, args, tid = 0, thread }, i) => {
    let index = indexes.get(tid);
    if (index === undefined) {
      index = threads.push({ tid, name: '', loops: false }) - 1;
      indexes.set(tid, index);
    }
    threadOf[i] = index;
    if (thread !== undefined) names[index] = thread;
    if (POLLS.has(name)) threads[index]!.loops = true;
    if (!AT_HOME.has(name)) return;
    homes.set(String(args.ctx), index);
    contexts.set(index, String(args.ctx));
  });
  const named = threads.map((one, i) => {
    if (i === 0) return one;
    return { ...one, name: names[i] ?? contexts.get(i) ?? `thread ${one.tid}` };
  });
  return { threads: named, threadOf, homes };
}

/**
 * The id that the main thread's events have: a json trace gives them none; in others it is the
 * thread that runs the main loop, or else the first one that was there.
 */
function findMain(events: readonly TraceRecord[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const { name, args, tid = 0 } of events) {
    if (tid === 0) return 0;
    if (name === 'main_loop_wait_begin') return tid;
    if (name === 'aio_notify_accept' && args.ctx === 'qemu_aio_context') return tid;
    least = Math.min(least, tid);
  }
  return Number.isFinite(least) ? least : 0;
}
