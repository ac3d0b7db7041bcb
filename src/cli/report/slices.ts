import type { SliceKind as TracedKind } from '../../trace/chrome-slices.ts';
import type { TraceRecord } from '../../trace/read.ts';
import type { Threads } from './threads.ts';

/** The kind of a slice; `hold` is that of the BQL, in a thread without a loop. */
export type SliceKind = TracedKind | 'hold';

/** A span of a thread's time, from one event to another. */
export interface Slice {
  readonly kind: SliceKind;
  readonly name: string;
  /** The index of its thread. */
  readonly thread: number;
  readonly startNs: number;
  endNs: number;
  /** Number of slices around it. */
  readonly depth: number;
  /** The slice directly around it; -1 for none. */
  readonly parent: number;
  /** The event that began it. */
  readonly begin: number;
  /** The event that ended it; -1 if the trace has none. */
  end: number;
}

export interface Slices {
  /** In order of their beginnings. */
  readonly slices: readonly Slice[];
  /**
   * For each event, the innermost slice around it; its own slice if it begins or ends one; -1
   * for none.
   */
  readonly around: Int32Array;
}

/** Whether user code runs in such a slice, so that it can be a cause. */
export function isCallback(kind: SliceKind): boolean {
  return CALLBACKS.has(kind);
}

const CALLBACKS: ReadonlySet<SliceKind> = new Set<SliceKind>([
  'fd',
  'bh',
  'timer',
  'signal',
  'coroutine',
]);

interface Edge {
  readonly begins: boolean;
  readonly kind: SliceKind;
  /** Matches an end to its beginning. */
  readonly key: string;
  readonly name: string;
}

/**
 * Finds the slices of a trace. Those of a thread always nest, even if events are missing at the
 * trace's ends.
 */
export function findSlices(events: readonly TraceRecord[], { threads, threadOf }: Threads): Slices {
  const slices: Slice[] = [];
  const around = new Int32Array(events.length);
  const stacks = threads.map((_, i) => new SliceStack(slices, i));
  const coroutines = threads.map(() => new Map<number | string, string>());
  events.forEach((event, i) => {
    const thread = threadOf[i]!;
    const stack = stacks[thread]!;
    const names = coroutines[thread]!;
    if (event.name === 'coroutine_create') names.set(event.args.co!, String(event.args.name));
    const edge = edgeOf(event, names);
    const kept = edge?.kind === 'hold' && threads[thread]!.loops ? null : edge;
    if (kept !== null) {
      around[i] = kept.begins
        ? stack.begin(kept, event.timeNs, i)
        : stack.end(kept, event.timeNs, i);
    } else around[i] = stack.top;
    // A thread with a loop holds the lock across its slices: that is drawn on a line of its own.
    if (event.name === 'bql_locked' && !threads[thread]!.loops) {
      around[i] = stack.begin(HOLD, event.timeNs, i);
    }
    if (event.name === 'start_exclusive_end') around[i] = stack.begin(ALONE, event.timeNs, i);
  });
  for (const stack of stacks) stack.close(events.at(-1)?.timeNs ?? 0);
  return { slices, around };
}

/** The slices of a thread. */
class SliceStack {
  /** Those of all threads. */
  readonly slices: Slice[];
  readonly #thread: number;
  readonly #open: { readonly slice: number; readonly key: string }[] = [];

  constructor(slices: Slice[], thread: number) {
    this.slices = slices;
    this.#thread = thread;
  }

  get top(): number {
    return this.#open.at(-1)?.slice ?? -1;
  }

  begin({ kind, key, name }: Edge, timeNs: number, event: number): number {
    if (kind === 'phase') this.#endPhase(timeNs, event);
    const parent = this.top;
    const depth = this.#open.length;
    const slice = {
      kind,
      name,
      thread: this.#thread,
      startNs: timeNs,
      endNs: timeNs,
      depth,
      parent,
      begin: event,
      end: -1,
    };
    this.#open.push({ slice: this.slices.push(slice) - 1, key });
    return this.top;
  }

  /** Ignores an end whose beginning is missing; adds an end that was skipped by a throw. */
  end({ kind, key }: Edge, timeNs: number, event: number): number {
    const at = this.#open.findLastIndex(
      (open) => this.slices[open.slice]!.kind === kind && open.key === key,
    );
    if (at < 0) return this.top;
    const { slice } = this.#open[at]!;
    this.#closeTo(at, timeNs);
    this.slices[slice]!.end = event;
    return slice;
  }

  close(timeNs: number): void {
    this.#closeTo(0, timeNs);
  }

  #endPhase(timeNs: number, event: number): void {
    const at = this.#open.findLastIndex(({ slice }) => {
      const { kind } = this.slices[slice]!;
      return kind === 'phase' || kind === 'iteration';
    });
    if (at < 0 || this.slices[this.#open[at]!.slice]!.kind !== 'phase') return;
    const { slice } = this.#open[at]!;
    this.#closeTo(at, timeNs);
    this.slices[slice]!.end = event;
  }

  #closeTo(depth: number, timeNs: number): void {
    while (this.#open.length > depth) this.slices[this.#open.pop()!.slice]!.endNs = timeNs;
  }
}

const ALONE: Edge = { begins: true, kind: 'alone', key: '', name: 'runs alone' };
const HOLD: Edge = { begins: true, kind: 'hold', key: 'bql', name: 'hold of the BQL' };

function edge(begins: boolean, kind: SliceKind, key: unknown, name: unknown): Edge {
  return { begins, kind, key: String(key), name: String(name) };
}

function edgeOf(
  { name, args }: TraceRecord,
  coroutines: ReadonlyMap<number | string, string>,
): Edge | null {
  switch (name) {
    case 'main_loop_wait_begin':
      return edge(true, 'iteration', args.iteration, `main_loop_wait ${args.iteration}`);
    case 'main_loop_wait_end':
      return edge(false, 'iteration', args.iteration, '');
    case 'main_loop_phase':
      return edge(true, 'phase', args.phase, args.phase);
    case 'aio_poll_begin':
      return edge(true, 'aio_poll', args.ctx, 'aio_poll');
    case 'aio_poll_end':
      return edge(false, 'aio_poll', args.ctx, '');
    case 'poll_enter':
      return edge(true, 'poll', args.call, args.call);
    case 'poll_return':
      return edge(false, 'poll', args.call, '');
    case 'run_poll_handlers_begin':
      return edge(true, 'spin', args.ctx, 'run_poll_handlers');
    case 'run_poll_handlers_end':
      return edge(false, 'spin', args.ctx, '');
    case 'bql_lock':
      return edge(true, 'lock', 'bql', 'wait for the BQL');
    case 'bql_locked':
      return edge(false, 'lock', 'bql', '');
    case 'bql_unlock':
      return edge(false, 'hold', 'bql', '');
    default:
      return exclusiveEdge(name) ?? callbackEdge({ name, args }, coroutines);
  }
}

/** vCPUs that wait for each other. */
function exclusiveEdge(name: string): Edge | null {
  switch (name) {
    case 'start_exclusive_begin':
      return edge(true, 'await', 'alone', 'wait to run alone');
    case 'start_exclusive_end':
      return edge(false, 'await', 'alone', '');
    case 'end_exclusive':
      return edge(false, 'alone', '', '');
    case 'cpu_exec_start_begin':
      return edge(true, 'await', 'program', 'wait to begin its program');
    case 'cpu_exec_start_end':
      return edge(false, 'await', 'program', '');
    default:
      return null;
  }
}

function callbackEdge(
  { name, args }: Pick<TraceRecord, 'name' | 'args'>,
  coroutines: ReadonlyMap<number | string, string>,
): Edge | null {
  switch (name) {
    case 'fd_handler_begin':
      return edge(true, 'fd', `${args.ctx} ${args.fd}`, args.name);
    case 'fd_handler_end':
      return edge(false, 'fd', `${args.ctx} ${args.fd}`, '');
    case 'aio_bh_call_begin':
      return edge(true, 'bh', `${args.ctx} ${args.bh}`, args.name);
    case 'aio_bh_call_end':
      return edge(false, 'bh', `${args.ctx} ${args.bh}`, '');
    case 'timer_call_begin':
      return edge(true, 'timer', args.name, args.name);
    case 'timer_call_end':
      return edge(false, 'timer', args.name, '');
    case 'signal_handler_begin':
      return edge(true, 'signal', args.signo, args.name);
    case 'signal_handler_end':
      return edge(false, 'signal', args.signo, '');
    case 'qemu_aio_coroutine_enter':
      return edge(true, 'coroutine', args.to, coroutines.get(args.to!) ?? `coroutine ${args.to}`);
    case 'qemu_coroutine_yield':
      return edge(false, 'coroutine', args.from, '');
    case 'qemu_coroutine_terminate':
      return edge(false, 'coroutine', args.co, '');
    default:
      return null;
  }
}
