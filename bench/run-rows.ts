import type { Peers } from './peers.ts';
import { RECORDED, REFERENCE } from './recorded.ts';
import type { Factor, Result, SectionResult, Side } from './result.ts';
import { cannot, type Row, type Section } from './row.ts';
import { rowInProcess } from './row-process.ts';
import { median } from './statistics.ts';

/** After this time a row gets no further round, unless it sets its own limit. */
const ENOUGH_MS = 3_000;

/** Runs all sides of a row once per round, one after the other, so that noise affects them all. */
async function runRow(row: Row, peers: Peers, count: number): Promise<Result> {
  const sides = new Map(peers.measures(row));
  const rounds: Partial<Record<Side, number[]>> = {};
  const why: Partial<Record<Side, string>> = {};
  const { enoughMs = ENOUGH_MS } = row;
  const start = performance.now();
  for (let round = 0; round < (row.once ? 1 : count); round++) {
    if (performance.now() - start > enoughMs) break;
    for (const [side, measure] of sides) {
      try {
        const value = await measure();
        rounds[side] = [...(rounds[side] ?? []), value];
      } catch (error) {
        why[side] = (error as Error).message.trim();
        sides.delete(side);
      }
    }
  }
  row.close?.();
  const { name, unit = 'ns', recorded, limit } = row;
  const qemuNs = recorded === undefined ? undefined : RECORDED[recorded];
  return { name, unit, rounds, qemuNs, why, limit };
}

/** Sets up a row. If that fails, the row has no values. */
async function setUp(section: Section, index: number): Promise<Row> {
  try {
    return await rowInProcess(section, index);
  } catch (error) {
    return { name: `row ${index + 1}`, ours: cannot((error as Error).message) };
  }
}

export async function runSection(
  section: Section,
  peers: Peers,
  rounds: number,
): Promise<SectionResult> {
  const { name, about } = section;
  const results: Result[] = [];
  for (let i = 0; i < section.rows.length; i++) {
    results.push(await runRow(await setUp(section, i), peers, rounds));
  }
  return { name, about, results, notes: section.notes?.(results) ?? [] };
}

export function factors(peers: Peers, rounds: number): Factor[] {
  if (peers.c.problem !== null) return [];
  return REFERENCE.map(({ row, work, count, referenceNs }) => {
    const times = Array.from({ length: rounds }, () => peers.c.run({ row, count }));
    return { work, referenceNs, hereNs: median(times) };
  });
}
