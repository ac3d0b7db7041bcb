/** The parts of a Model, and its inputs. */

import type { EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';

/** A line among the events: a trace event, or a note. */
export interface Entry {
  /** Its thread, if that is another than main. */
  readonly thread?: string;
  readonly timeNs: number;
  readonly id?: EventId;
  readonly args?: readonly TraceValue[];
  readonly func?: string;
  readonly text?: string;
  /** Its text, set once a filter has needed it. */
  searched?: string;
}

/** How often something ran, and when it last did. */
export interface Runs {
  count: number;
  lastNs: number;
}

/** Is told all that a Model takes, which decides its state. */
export interface ModelInputs {
  event(id: EventId, timeNs: number, args: readonly TraceValue[]): void;
  /** An event of another thread than main. */
  other(thread: string, id: EventId, timeNs: number, args: readonly TraceValue[]): void;
  note(timeNs: number, func: string, text: string): void;
  stoodStill(ns: number): void;
  keepsAll(all: boolean): void;
}

/** The counts and names of a Model at a moment. */
export interface ModelState {
  /** How many events have got a line. */
  readonly lines: number;
  readonly keepAll: boolean;
  readonly ownIterations: number;
  readonly wakeups: number;
  readonly reaped: number;
  readonly lastNs: Float64Array;
  readonly totalNs: Float64Array;
  readonly fds: ReadonlyMap<number, Runs>;
  readonly bottomHalves: ReadonlyMap<string, Runs>;
  readonly timers: ReadonlyMap<string, Runs>;
  readonly coroutines: ReadonlyMap<number, string>;
  readonly threads: ReadonlyMap<number, string>;
  readonly signals: ReadonlyMap<number, number>;
}
