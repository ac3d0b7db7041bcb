/**
 * Words at the beginning of a context's shared memory that the wake-up protocol leaves free, and
 * what stands there.
 */

/** The lock of the context; see ContextLock. */
export const LOCK_STATE = 8;
export const LOCK_OWNER = 9;
export const LOCK_DEPTH = 10;

/** The descriptor that ends the context's sleep. */
export const WAKE_FD = 4;
/** The shared slot and generation of the bottom half that enters scheduled coroutines; slot 0: none. */
export const CO_BH = 5;
export const CO_BH_GENERATION = 6;
/** Head of the list of coroutines that were scheduled, newest first. QEMU: scheduled_coroutines. */
export const CO_LIST = 7;
/** The number of the context among those with shared coroutines, plus 1; 0 if it is not one of them. */
export const NUMBER = 11;
