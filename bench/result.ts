import type { Unit } from './row.ts';
import { median } from './statistics.ts';

/** The sides that have values, in the order of the columns. */
export const SIDES = ['ours', 'qemu', 'c', 'node', 'glib', 'tini', 'catatonit'] as const;
export type Side = (typeof SIDES)[number];

/** The result of one row. */
export interface Result {
  readonly name: string;
  readonly unit: Unit;
  /** The value of every round. */
  readonly rounds: Partial<Readonly<Record<Side, readonly number[]>>>;
  /** QEMU's recorded figure, ns. */
  readonly qemuNs?: number | undefined;
  /** Why a side has no value, or not all of them. */
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
export interface BenchRun {
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
  readonly rounds: number;
  /** Versions of the programs compared. */
  readonly versions: Readonly<Record<string, string>>;
  /** Slowness of plain C here, relative to the machine of QEMU's recorded figures. */
  readonly factors: readonly Factor[];
  /** Columns that are empty everywhere, and the reasons. */
  readonly problems: readonly string[];
  readonly sections: readonly SectionResult[];
}

export interface Factor {
  readonly work: string;
  readonly hereNs: number;
  readonly referenceNs: number;
}

/** The machine's factor, the geometric mean of all; undefined if there are none. */
export function machineFactor({ factors }: Pick<BenchRun, 'factors'>): number | undefined {
  if (factors.length === 0) return undefined;
  const logs = factors.map(({ hereNs, referenceNs }) => Math.log(hereNs / referenceNs));
  return Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
}

/** The median of a side's rounds; undefined if it has none. */
export function middle(result: Result, side: Side): number | undefined {
  const rounds = result.rounds[side];
  return rounds === undefined || rounds.length === 0 ? undefined : median(rounds);
}

/**
 * Our time divided by that of another side, or by QEMU's recorded figure; undefined if one
 * is missing. If both were measured here, the ratio is taken for each round and the median
 * returned: noise that slows the machine for a while slows both.
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
