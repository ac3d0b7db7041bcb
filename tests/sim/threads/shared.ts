/** Data that the threads of a test share. */

import type { SimTicket } from '../../../src/host/sim/threads/messages.ts';
import type { SimThreadHost } from '../../../src/host/sim/threads/thread-host.ts';

/** Words of Shared.words. */
export const FLAG = 0;
export const FUTEX = 1;

const ENTRIES = 2000;

/** A log that all threads write, entry by entry, in one order. */
export class SharedLog {
  readonly words: Int32Array;

  constructor(words: Int32Array = new Int32Array(new SharedArrayBuffer(4 * (1 + ENTRIES)))) {
    this.words = words;
  }

  add(entry: number): void {
    this.words[1 + Atomics.add(this.words, 0, 1)] = entry;
  }

  get entries(): number[] {
    return [...this.words.slice(1, 1 + this.words[0]!)];
  }
}

/** The data of a part. */
export interface Shared {
  readonly log: SharedLog;
  readonly words: Int32Array;
  readonly fds: readonly number[];
}

/** A part of a test, as a thread runs it. */
export type Part = (host: SimThreadHost, shared: Shared) => void;

export interface PartJob {
  readonly part: string;
  readonly ticket: SimTicket;
  readonly log: Int32Array;
  readonly words: Int32Array;
  readonly fds: readonly number[];
}

/** Data of a run: an empty log, words that are 0, and these descriptors. */
export function newShared(fds: readonly number[] = []): Shared {
  return { log: new SharedLog(), words: new Int32Array(new SharedArrayBuffer(64)), fds };
}
