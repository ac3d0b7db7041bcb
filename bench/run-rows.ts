import { spawnSync } from 'node:child_process';
import { cpus, release } from 'node:os';
import type { Peers } from './peers.ts';
import type { Factor, Report, Result, SectionResult, Side } from './result.ts';
import type { Row, Section } from './row.ts';
import { rowInProcess } from './row-process.ts';
import { median } from './statistics.ts';

/** Plain C's rows on the machine where QEMU's recorded figures were measured. */
const REFERENCE = [
  { row: 'getppid', work: 'one system call (getppid)', count: 200_000, referenceNs: 134 },
  { row: 'notifier', work: 'eventfd write, ppoll, read', count: 50_000, referenceNs: 750 },
];

/** A row that has taken so long gets no further round. */
const ENOUGH_MS = 3_000;

/** Every side of a row runs once a round, one after the other, so that noise meets them all. */
async function runRow(row: Row, peers: Peers, count: number): Promise<Result> {
  const sides = peers.measures(row);
  const rounds: Partial<Record<Side, number[]>> = {};
  const start = performance.now();
  for (let round = 0; round < (row.once ? 1 : count); round++) {
    if (performance.now() - start > ENOUGH_MS) break;
    for (const [side, measure] of sides) {
      rounds[side] ??= [];
      rounds[side].push(await measure());
    }
  }
  row.close?.();
  const { name, unit = 'ns', qemuNs, why } = row;
  return { name, unit, rounds, qemuNs, why };
}

export async function runSection(
  section: Section,
  peers: Peers,
  rounds: number,
): Promise<SectionResult> {
  const results: Result[] = [];
  for (let i = 0; i < section.rows.length; i++) {
    results.push(await runRow(await rowInProcess(section, i), peers, rounds));
  }
  const notes = [...(section.notes?.(results) ?? [])];
  for (const why of new Set(results.map((r) => r.why))) if (why) notes.push(why);
  return { name: section.name, about: section.about, results, notes };
}

export function factors(peers: Peers, rounds: number): Factor[] {
  if (peers.c.problem !== null) return [];
  return REFERENCE.map(({ row, work, count, referenceNs }) => {
    const times = Array.from({ length: rounds }, () => peers.c.run(row, count));
    return { work, referenceNs, hereNs: median(times) };
  });
}

/** Where and on what it runs. */
export function machine(rounds: number): Omit<Report, 'factors' | 'problems' | 'sections'> {
  const git = spawnSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' });
  return {
    date: new Date().toISOString(),
    commit: git.status === 0 ? git.stdout.trim() : 'unknown',
    machine: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    kernel: release(),
    node: process.version,
    rounds,
  };
}
