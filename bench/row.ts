import type { RECORDED } from './recorded.ts';
import type { Result } from './result.ts';

/** Runs once for a round, and returns the ns of one operation, or what its row's unit counts. */
export type Measure = () => Promise<number> | number;

/** A row of one of the C programs, with how many operations to run. */
export interface ProgramRow {
  readonly row: string;
  readonly count: number;
  /** Of all that it prints, where that is more than one number: which percentile counts, 0 to 1. */
  readonly share?: number | undefined;
}

/** How a value is shown. What is measured is ns, but for bytes and count. */
export type Unit = 'ns' | 'µs' | 'ms' | 'per second' | 'bytes' | 'count';

/** One line of the table: the same work, ours and others'. A side that throws says why it has no value. */
export interface Row {
  readonly name: string;
  readonly unit?: Unit | undefined;
  readonly ours?: Measure | undefined;
  /** QEMU 7.2's C loop on this machine: a row of bench/c/qemu.c. Its recorded figure bears the same name. */
  readonly qemu?: ProgramRow | Measure | undefined;
  readonly recorded?: keyof typeof RECORDED | undefined;
  /** Plain C: a row of bench/c/loop.c, or of a program of the section's own. */
  readonly c?: ProgramRow | Measure | undefined;
  /** Node's own for the same work. */
  readonly node?: Measure | undefined;
  /** GLib's main loop: a row of bench/c/glib.c. */
  readonly glib?: ProgramRow | Measure | undefined;
  readonly tini?: Measure | undefined;
  readonly catatonit?: Measure | undefined;
  /** What keeps it from being faster. */
  readonly limit?: string | undefined;
  /** It gets no further round once it has taken so long; 3 s where absent. */
  readonly enoughMs?: number | undefined;
  /** It comes out the same each time, so that one round is enough. */
  readonly once?: boolean | undefined;
  /** Releases what the row holds. */
  readonly close?: (() => void) | undefined;
}

/** A side that has no value, and says why. */
export function cannot(why: string): Measure {
  return () => {
    throw new Error(why);
  };
}

export interface Section {
  readonly name: string;
  readonly about: string;
  /** Made one after the other, so that no row pays for another's fds. */
  readonly rows: readonly (() => Row)[];
  /** Lines that sum the results up. */
  readonly notes?: ((results: readonly Result[]) => readonly string[]) | undefined;
}
