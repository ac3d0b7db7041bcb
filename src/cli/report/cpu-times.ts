import type { TraceRecord } from '../../trace/read.ts';
import type { Slice } from './slices.ts';
import type { Threads } from './threads.ts';

/** The CPU time that threads have had, as far as the trace tells it. */
export class CpuTimes {
  /** By thread: the events that tell it, in order. */
  readonly #told: number[][];
  readonly #events: readonly TraceRecord[];

  constructor(events: readonly TraceRecord[], { threads, threadOf }: Threads) {
    this.#events = events;
    this.#told = threads.map(() => []);
    events.forEach(({ name }, i) => {
      if (name === 'thread_cputime') this.#told[threadOf[i]!]!.push(i);
    });
  }

  /**
   * The most CPU time that a slice can have had, ns: it counts from the last time that was told before
   * it. Null if the trace does not tell.
   */
  of({ thread, begin, end, endNs }: Slice): number | null {
    if (end < 0) return null;
    const told = this.#told[thread]!;
    const after = told.findIndex((event) => event > end);
    const before = told.findLastIndex((event) => event < begin);
    if (after < 0 || before < 0) return null;
    // Told by the end of the slice itself, not by a later one.
    if (this.#events[told[after]!]!.timeNs - endNs > TOLD_NS) return null;
    return this.#cpuNs(told[after]!) - this.#cpuNs(told[before]!);
  }

  #cpuNs(event: number): number {
    return Number(this.#events[event]!.args.cpu);
  }
}

/** A time that is told later than this belongs to something else, ns. */
const TOLD_NS = 1_000_000;
