import { EV, type EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';

/** The meaning of a trace event for the iterations. */
export type Mark =
  | { readonly kind: 'begin'; readonly iteration: number }
  | { readonly kind: 'phase'; readonly phase: string }
  | { readonly kind: 'end' };

/** Recognizes the trace events that begin an iteration or a phase. */
export interface Rounds {
  readonly phases: readonly string[];
  /** Returns null for all other events. */
  at(id: EventId, args: readonly TraceValue[]): Mark | null;
}

const END: Mark = { kind: 'end' };

/** Counts each main_loop_wait as an iteration, nested ones included. */
export class MainLoopRounds implements Rounds {
  readonly phases = ['prepare', 'poll', 'check', 'dispatch', 'timers'];

  at(id: EventId, args: readonly TraceValue[]): Mark | null {
    switch (id) {
      case EV.main_loop_wait_begin:
        return { kind: 'begin', iteration: Number(args[0]) };
      case EV.main_loop_phase:
        return { kind: 'phase', phase: String(args[0]) };
      case EV.main_loop_wait_end:
        return END;
      default:
        return null;
    }
  }
}

/** Counts each aio_poll as an iteration. A nested one belongs to the dispatch of the outer one. */
export class AioPollRounds implements Rounds {
  readonly phases = ['poll', 'dispatch'];
  #depth = 0;
  #polls: number;

  /** @param polls how many there have been */
  constructor(polls = 0) {
    this.#polls = polls;
  }

  at(id: EventId): Mark | null {
    switch (id) {
      case EV.aio_poll_begin:
        return this.#depth++ === 0 ? { kind: 'begin', iteration: ++this.#polls } : null;
      case EV.poll_enter:
        return this.#depth === 1 ? { kind: 'phase', phase: 'poll' } : null;
      case EV.poll_return:
        return this.#depth === 1 ? { kind: 'phase', phase: 'dispatch' } : null;
      case EV.aio_poll_end:
        return --this.#depth === 0 ? END : null;
      default:
        return null;
    }
  }
}
