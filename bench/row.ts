import type { RECORDED } from './recorded.ts';
import type { Result } from './result.ts';

/** Runs once per round. Returns the ns of one operation, or a value in the row's unit. */
export type Measure = () => Promise<number> | number;

/** A row of one of the C programs, and its number of operations. */
export interface ProgramRow {
  readonly row: string;
  readonly count: number;
  /** If the program prints several numbers: the percentile to take, 0 to 1. */
  readonly share?: number | undefined;
}

/** The unit in which a value is shown. Measures are in ns, except for bytes and count. */
export type Unit = 'ns' | 'µs' | 'ms' | 'per second' | 'bytes' | 'count';

/**
 * One row of the table: the same work on our side and on others. A side without a value
 * throws, and the error says why.
 */
export interface Row {
  readonly name: string;
  readonly unit?: Unit | undefined;
  readonly ours?: Measure | undefined;
  /**
   * QEMU 7.2's C loop on this machine: a row of bench/c/qemu.c. Its recorded figure has the
   * same name.
   */
  readonly qemu?: ProgramRow | Measure | undefined;
  readonly recorded?: keyof typeof RECORDED | undefined;
  /** Plain C: a row of bench/c/loop.c, or of the section's own program. */
  readonly c?: ProgramRow | Measure | undefined;
  /** Node's own means for the same work. */
  readonly node?: Measure | undefined;
  /** GLib's main loop: a row of bench/c/glib.c. */
  readonly glib?: ProgramRow | Measure | undefined;
  readonly tini?: Measure | undefined;
  readonly catatonit?: Measure | undefined;
  /** The reason why it is not faster. */
  readonly limit?: string | undefined;
  /** After this time the row gets no further round, ms; default 3 s. */
  readonly enoughMs?: number | undefined;
  /** Whether the result is always the same, so that one round is enough. */
  readonly once?: boolean | undefined;
  /** Releases the row's resources. */
  readonly close?: (() => void) | undefined;
}

/** A side that has no value, and the reason. */
export function cannot(why: string): Measure {
  return () => {
    throw new Error(why);
  };
}

export interface Section {
  readonly name: string;
  readonly about: string;
  /** Functions that make the rows one after the other, so that no row pays for another's fds. */
  readonly rows: readonly (() => Row)[];
  /** Lines that sum up the results. */
  readonly notes?: ((results: readonly Result[]) => readonly string[]) | undefined;
}
