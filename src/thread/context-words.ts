/**
 * Words at the beginning of a context's shared memory that the wake-up protocol leaves free, and
 * what stands there.
 */

/** The lock of the context; see ContextLock. */
export const LOCK_STATE = 20;
export const LOCK_OWNER = 21;
export const LOCK_DEPTH = 22;

/** The descriptor that ends the context's sleep. */
export const WAKE_FD = 18;
/** The shared slot and generation of the bottom half that enters scheduled coroutines; slot 0: none. */
export const CO_BH = 24;
export const CO_BH_GENERATION = 25;
/** Head of the list of coroutines that were scheduled, newest first. QEMU: scheduled_coroutines. */
export const CO_LIST = 4;
/** The number of the context among those with shared coroutines, plus 1; 0 if it is not one of them. */
export const NUMBER = 19;
