/**
 * Marks: moments at which a program says in which state it is. If it is in the same state at two of
 * them, the run between them can be left out of a record: the program goes on from the later one as
 * it did from the earlier one.
 */

import type { Host } from '../host.ts';
import { checksum } from './bytes.ts';

export interface Marks {
  /** Whether a mark is of use now. */
  readonly wantsMark: boolean;
  /**
   * Sets a mark.
   * @param state all of the program that decides what it does next, as a text
   * @param counts all that may differ: whole numbers and times
   * @returns the counts to go on with: others if a part of the run was left out
   */
  mark(state: string, counts: readonly number[]): readonly number[];
}

/** The host itself if it has marks; null if not. */
export function marksOf(host: Host): Marks | null {
  const marks = host as Host & Partial<Marks>;
  return marks.mark === undefined ? null : (marks as Marks);
}

const encoder = new TextEncoder();

/** A checksum of a state. */
export function stateSum(state: string): number {
  return checksum(encoder.encode(state)) >>> 0;
}
