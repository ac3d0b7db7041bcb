import type { Unit } from './row.ts';
import { median } from './statistics.ts';

/** Whose numbers there are, in the order of the columns. */
export const SIDES = ['ours', 'qemu', 'c', 'node', 'glib', 'tini', 'catatonit'] as const;
export type Side = (typeof SIDES)[number];

/** What came out for one row. */
export interface Result {
  readonly name: string;
  readonly unit: Unit;
  /** Every round's value. */
  readonly rounds: Partial<Readonly<Record<Side, readonly number[]>>>;
  /** The reference figure. */
  readonly qemuNs?: number | undefined;
  readonly why?: string | undefined;
}

export interface SectionResult {
  readonly name: string;
  readonly about: string;
  readonly results: readonly Result[];
  readonly notes: readonly string[];
}

/** All of one run, as --json writes it and --render reads it. */
export interface Report {
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
  readonly rounds: number;
  /** How much longer plain C takes here than on the machine of QEMU's recorded figures. */
  readonly factors: readonly Factor[];
  /** Columns that are empty everywhere, and why. */
  readonly problems: readonly string[];
  readonly sections: readonly SectionResult[];
}

export interface Factor {
  readonly work: string;
  readonly hereNs: number;
  readonly referenceNs: number;
}

/** The median of a side's rounds; undefined where it has none. */
export function middle(result: Result, side: Side): number | undefined {
  const rounds = result.rounds[side];
  return rounds === undefined || rounds.length === 0 ? undefined : median(rounds);
}
