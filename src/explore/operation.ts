/** The operations that a thread of an explored program does on words. */

/** Reads its own newest store of the word that has not reached memory, or else memory. */
export const LOAD = 0;
/** Waits in its thread's buffer until it reaches memory. */
export const STORE = 1;
// From here on an operation waits until its thread's buffer is empty.
/** A store with a full barrier behind it. */
export const STORE_FENCED = 2;
export const EXCHANGE = 3;
export const COMPARE_EXCHANGE = 4;
export const FETCH_ADD = 5;
export const FETCH_OR = 6;
export const FETCH_AND = 7;
/** Blocks while the word is 0, as poll on an eventfd does. */
export const SLEEP_ON = 8;
/** Blocks while the word is not 0. */
export const WAIT_FOR_ZERO = 9;
/** FUTEX_WAIT: sleeps if the word has the given value, until it is woken. */
export const FUTEX_WAIT = 10;
/** FUTEX_WAKE: ends the sleep of up to the given number of threads. */
export const FUTEX_WAKE = 11;
/** A full barrier. As smp_mb of QEMU. */
export const FENCE = 12;
// These two need no empty buffer.
/** Later stores reach memory after earlier ones. As smp_wmb of QEMU. */
export const STORE_BARRIER = 13;
/** The thread's function has ended. */
export const END = 14;
/** The thread's function has thrown. */
export const FAILED = 15;

export const NAMES = [
  'load',
  'store',
  'store with a fence',
  'exchange',
  'compare and exchange',
  'add',
  'or',
  'and',
  'sleep on',
  'wait for 0 in',
  'futex_wait',
  'futex_wake',
  'smp_mb',
  'smp_wmb',
  'end',
  'error',
] as const;

/**
 * SC: each operation takes effect at once. TSO: a plain store waits in a buffer of its thread, which
 * reads it there, until it reaches memory; what else changes memory empties the buffer first. That
 * is x86. PSO: stores of different words also reach memory in any order, unless a barrier is between.
 */
export type Model = 'SC' | 'TSO' | 'PSO';

export const MODELS: readonly Model[] = ['SC', 'TSO', 'PSO'];

/** The next operation of a thread. The word is that of the program, as are the values. */
export interface Operation {
  readonly kind: number;
  readonly word: number;
  readonly value: number;
  /** The new value of a compare and exchange. */
  readonly next: number;
}

/** Whether the operation must wait until all stores of its thread have reached memory. */
export function needsEmptyBuffer(kind: number): boolean {
  return kind >= STORE_FENCED && kind <= FENCE;
}

/** Whether the operation may change a word, or depends on who else reads it. */
export function isWrite(kind: number): boolean {
  return kind !== LOAD && kind !== SLEEP_ON && kind !== WAIT_FOR_ZERO && kind < FENCE;
}

/** The value of a word after a read-modify-write that finds `old`. */
export function changed(kind: number, old: number, value: number, next: number): number {
  switch (kind) {
    case STORE_FENCED:
    case EXCHANGE:
      return value;
    case COMPARE_EXCHANGE:
      return old === value ? next : old;
    case FETCH_ADD:
      return (old + value) | 0;
    case FETCH_OR:
      return old | value;
    case FETCH_AND:
      return old & value;
    default:
      return old;
  }
}
