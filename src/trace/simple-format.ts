/**
 * The constants of QEMU's simpletrace format, version 4, as 64-bit words. The byte order is the
 * machine's: little-endian.
 */

export type Word64 = readonly [high: number, low: number];

/** A file begins with these three words: a header's event id, a magic number, the version. */
export const HEADER_ID: Word64 = [0xffffffff, 0xffffffff];
export const HEADER_MAGIC: Word64 = [0xf2b177cb, 0x0aa429b4];
export const VERSION = 4;
export const HEADER_BYTES = 3 * 8;

/** Records follow, each beginning with its type. */
export const TYPE_MAPPING = 0;
export const TYPE_EVENT = 1;

/** The event that tells how many events were lost. */
export const DROPPED_ID: Word64 = [0xffffffff, 0xfffffffe];

/** Bytes of an event's record before its arguments, without the type: id, time, length, pid. */
export const RECORD_HEAD = 8 + 8 + 4 + 4;
/** Longer texts are cut. */
export const MOST_TEXT = 512;
