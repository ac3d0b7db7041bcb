/** The words of the turns of the threads of a recorded run. Main's number is 0. */

/** The number of the thread that has the turn, and 1; 0 if nobody has it. */
export const HOLDER = 0;
/** How many threads wait for it. */
export const WAITERS = 1;
/** The number of the thread whose operation is the last one. */
export const LAST = 2;
/** The bytes that stand in the memory of all. */
export const LENGTH = 3;
/** How many threads were made. */
export const MADE = 4;
/** Not 0 once the record ends: nobody waits for a turn any more. */
export const OVER = 5;
/** Never changes: for a rest of a thread that nobody is to wake. */
export const NEVER = 6;
export const RECORD_WORDS = 8;
