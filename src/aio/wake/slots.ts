/** Where shared bottom halves stand among the shared words of their context. */

/**
 * The slot of the first: the index of its flags; its link is the next word. The first few stand in the
 * processor's cache line of INBOX, which goes from thread to thread with it: only one line does so for each
 * of their schedules.
 */
const FIRST_SHARED = 6;
/** Words of others are between the first few, and the rest. */
const END_OF_FIRST = 16;
const REST_SHARED = 32;
/** log2 of the words of one. */
const SHARED_BITS = 1;

/** The number of a slot, for tables with one entry each. */
export function numberOf(slot: number): number {
  return (slot - FIRST_SHARED) >> SHARED_BITS;
}

export function slotAt(number: number): number {
  return FIRST_SHARED + (number << SHARED_BITS);
}

/** Whether the words of a slot belong to others. */
export function isTaken(slot: number): boolean {
  return slot >= END_OF_FIRST && slot < REST_SHARED;
}
