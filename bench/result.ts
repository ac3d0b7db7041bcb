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
  /** QEMU's recorded figure. */
  readonly qemuNs?: number | undefined;
  /** Why a side has no value, or not all. */
  readonly why?: Partial<Readonly<Record<Side, string>>> | undefined;
  readonly limit?: string | undefined;
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
  /** Of what it is compared with. */
  readonly versions: Readonly<Record<string, string>>;
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

/** The machine's factor: the geometric mean of all. Undefined where it is unknown. */
export function machineFactor({ factors }: Pick<Report, 'factors'>): number | undefined {
  if (factors.length === 0) return undefined;
  const logs = factors.map(({ hereNs, referenceNs }) => Math.log(hereNs / referenceNs));
  return Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
}

/** The median of a side's rounds; undefined where it has none. */
export function middle(result: Result, side: Side): number | undefined {
  const rounds = result.rounds[side];
  return rounds === undefined || rounds.length === 0 ? undefined : median(rounds);
}

/**
 * Ours divided by another side's, or by QEMU's recorded figure; undefined where one has
 * none. Of two that were measured side by side each round is compared with itself, and
 * the median of these counts: what slows the machine down for a while slows both.
 */
export function ratioTo(result: Result, side: Side | 'recorded'): number | undefined {
  const { ours = [] } = result.rounds;
  if (ours.length === 0) return undefined;
  if (side === 'recorded') return result.qemuNs && median(ours) / result.qemuNs;
  const others = result.rounds[side] ?? [];
  if (others.length === 0) return undefined;
  if (others.length !== ours.length) return median(ours) / median(others);
  return median(ours.map((value, i) => value / others[i]!));
}
