/** A bottom half's flags, as events have them; QEMU's BH_* of util/async.c. */

export const BH_PENDING = 1;
export const BH_SCHEDULED = 2;
export const BH_DELETED = 4;
export const BH_ONESHOT = 8;
export const BH_IDLE = 16;
