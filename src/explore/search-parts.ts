import type { Buffers } from './buffers.ts';
import type { Places } from './places.ts';
import type { Ending, Explorable } from './program.ts';

/** A step's number: a thread does its operation, wakes one of several, or a store reaches memory. */
export const STEP_BITS = 8;
export const FLUSH = 1;
export const WAKES = 128;

// Whether a thread sleeps in futexWait.
export const AWAKE = 0;
export const ASLEEP = 1;
export const WOKEN = 2;

/** A step, taken apart. */
export interface Step {
  readonly thread: number;
  /** The index in the thread's buffer of the store that reaches memory; or -1. */
  readonly flushed: number;
}

export function stepOf(step: number): Step {
  const detail = step & ((1 << STEP_BITS) - 1);
  const flushed = detail >= FLUSH && detail < WAKES ? 2 * (detail - FLUSH) : -1;
  return { thread: step >> STEP_BITS, flushed };
}

/** The parts of a search that stay from one to the next. */
export interface SearchParts {
  readonly program: Explorable;
  readonly places: Places;
  readonly buffers: Buffers;
  readonly isSc: boolean;
  /** The explorer's number of a word, and the words by number. */
  wordOf(word: number): number;
  readonly words: readonly number[];
}

/** A state that was reached. */
export interface StateView extends Ending {
  placeOf(thread: number): number;
  /** The number of the thread's buffer among Buffers. */
  bufferOf(thread: number): number;
}
