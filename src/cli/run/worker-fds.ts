/** Descriptors of a process that runs scenarios, beside its stdio and Node's channel. */

/** It can be asked for its record by this one. */
export const ASK_FD = 4;
/** It has this one if it has the screen: its end tells that the terminal is restored. */
export const SCREEN_FD = 5;
