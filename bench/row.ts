import type { Result } from './table.ts';

/** One line of the table: the same work, ours and others'. Times are ns for one operation. */
export interface Row {
  readonly name: string;
  /** Ours. */
  readonly ours: Measure;
  /** Node's own for the same work. */
  readonly node?: Measure | undefined;
  /** Plain C, as a row of bench/c/loop.c with how many operations to run. */
  readonly c?: { readonly row: string; readonly count: number } | undefined;
  /** QEMU 7.2's C loop, from the reference figures. */
  readonly qemuNs?: number | undefined;
  /** Shown as how many a second. */
  readonly perSecond?: boolean | undefined;
  /** Releases what the row holds. */
  readonly close?: (() => void) | undefined;
}

/** Runs once for a round, and returns the ns of one operation. */
export type Measure = () => Promise<number> | number;

export interface Section {
  readonly name: string;
  readonly about: string;
  /** Made one after the other, so that no row pays for another's fds. */
  readonly rows: readonly (() => Row)[];
  /** Lines that sum the results up. */
  readonly notes?: ((results: readonly Result[]) => readonly string[]) | undefined;
}
