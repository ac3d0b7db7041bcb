/** Messages between the page of the playground and its engine, a Worker. All of it is plain data. */

import type { Found } from '../../explore/finder.ts';
import type { Story } from '../../explore/story.ts';
import type { DiffLine } from '../../scenario/run/diff.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import type { Frame } from '../report/frame.ts';
import type { Weakness } from '../weak/weaknesses.ts';

/** A scenario to run. */
export interface Play {
  readonly text: string;
  /** Null for the file's own. */
  readonly seed: number | null;
  readonly weaknesses: readonly Weakness[];
  /** The order to play, in place of a seed; null for a run of a seed. */
  readonly schedule: string | null;
}

/** A problem of the file; line and column count from 1. */
export interface PlayProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** An entry of the order log, and the event before which it was written. */
export interface PlayEntry {
  readonly before: number;
  readonly text: string;
  readonly timeNs: number;
}

/** One run, event by event. Lists of the same length belong together. */
export interface Recording {
  readonly name: string;
  readonly about: string;
  readonly drive: 'main_loop' | 'aio_poll';
  readonly seed: number;
  /** Ids of the catalogue. */
  readonly ids: Uint16Array;
  /** ns since the start. */
  readonly times: Float64Array;
  readonly args: readonly (readonly TraceValue[])[];
  /** The names of the threads, main first, and for each event the index of its thread. */
  readonly threads: readonly string[];
  readonly threadOf: Uint16Array;
  readonly entries: readonly PlayEntry[];
  readonly status: number;
  /** Why the run failed, each in a text of its own; none if it passed. */
  readonly failures: readonly string[];
  readonly notes: readonly string[];
  readonly iterations: number;
  readonly elapsedNs: number;
}

/** An order that the file leaves open. */
export interface Order {
  /** Plays it. */
  readonly schedule: string;
  /** How many runs have this order. */
  readonly runs: number;
  readonly entries: readonly string[];
  readonly status: number;
  readonly failures: readonly string[];
}

/** All orders of a file, in the order in which they were found. */
export interface AllOrders {
  readonly orders: readonly Order[];
  readonly runs: number;
  /** Whether there may be more, since the most runs were made. */
  readonly isCut: boolean;
}

/** A sound run against a weakened one. */
export interface Comparison {
  readonly diff: readonly DiffLine[];
  /** The first event that differs, in both; -1 if none does. */
  readonly firstEvent: number;
  readonly sound: number;
  readonly weak: number;
  readonly failures: readonly string[];
}

/** The failure of a program without a barrier, and a run of the sound one by the same turns. */
export interface BarrierStories {
  readonly found: Found;
  readonly beside: Story | null;
}

export type Request =
  | { readonly kind: 'check'; readonly number: number; readonly text: string }
  | { readonly kind: 'run'; readonly number: number; readonly play: Play }
  | {
      readonly kind: 'frames';
      readonly number: number;
      readonly play: Play;
      readonly from: number;
      readonly to: number;
      /** Only every nth event is looked at. */
      readonly stride: number;
    }
  | { readonly kind: 'compare'; readonly number: number; readonly play: Play }
  | {
      readonly kind: 'orders';
      readonly number: number;
      readonly play: Play;
      readonly mostRuns: number;
    }
  | {
      readonly kind: 'explore';
      readonly number: number;
      readonly program: string;
      /** A barrier's name; '' for the program as shipped. */
      readonly without: string;
    };

export type Reply = { readonly number: number } & (
  | { readonly kind: 'problems'; readonly problems: readonly PlayProblem[] }
  | { readonly kind: 'recording'; readonly recording: Recording }
  | { readonly kind: 'frames'; readonly from: number; readonly frames: readonly Frame[] }
  | { readonly kind: 'comparison'; readonly comparison: Comparison }
  | { readonly kind: 'orders'; readonly found: AllOrders }
  | { readonly kind: 'explored'; readonly stories: BarrierStories }
  | { readonly kind: 'error'; readonly message: string }
);
