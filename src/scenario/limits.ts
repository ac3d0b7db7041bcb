/**
 * The limits of a file. Exceeding one is a problem of the file, so that no file hangs the program
 * or fills the memory.
 */

/** Characters of a file. */
export const MOST_CHARACTERS = 16 * 2 ** 20;
/** Maps, lists and scalars of a file, including keys; the target of an alias counts each time. */
export const MOST_VALUES = 1_000_000;
/** The part of these that aliases bring in. */
export const MOST_ALIASED = 100_000;
/** Lists and maps one inside the other. */
export const MOST_DEPTH = 100;
/** Problems of a file that are reported. */
export const MOST_PROBLEMS = 100;

/** Any count, including the product of nested `repeat`s. */
export const MOST_TIMES = 1_000_000;
/** Descriptors of one `count`. */
export const MOST_FDS = 10_000;
/** Children of a child. */
export const MOST_GRANDCHILDREN = 100;
/** A duration, ns: 1,000,000 s. */
export const MOST_NS = 1e15;
/** A time of a clock, ns, as `arm_at` takes it: within an int64_t. */
export const MOST_CLOCK_NS = 9e18;

/**
 * Polls and entered coroutines of a run, each inside the one before. The stack has room for more,
 * but how many depends on how V8 has compiled the code, and the same run must always end alike.
 */
export const MOST_NESTED = 256;

/** 1000000 as `1,000,000`. */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}
