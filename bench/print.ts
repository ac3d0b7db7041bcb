import type { Report, SectionResult } from './result.ts';
import { textTable } from './table.ts';

/** What stands above the tables. */
export function header(report: Report): string {
  const { machine, cores, kernel, node, rounds, commit, date } = report;
  return [
    `${machine} ×${cores}, Linux ${kernel}, Node ${node}; commit ${commit}, ${date}`,
    `medians of ${rounds} interleaved rounds (fewer where a row takes long); ns for one operation unless it says otherwise; ` +
      `min–max is ours; "ours/" is ours divided by the column before it, below 1 is better`,
    ...factorLines(report),
    ...report.problems,
  ].join('\n');
}

/** The speed of this machine against the one of the recorded figures. */
export function factorLines({ factors }: Report): string[] {
  if (factors.length === 0) return ['this machine / reference machine: unknown without plain C'];
  const parts = factors.map(
    ({ work, hereNs, referenceNs }) =>
      `${(hereNs / referenceNs).toFixed(2)} by plain C's ${work} ` +
      `(${hereNs.toFixed(0)} ns here, ${referenceNs} there)`,
  );
  return [
    `this machine / reference machine: ${parts.join('; ')}`,
    '"QEMU recorded" is from the reference machine: the raw ratios to it carry that factor',
  ];
}

export function sectionText({ name, about, results, notes }: SectionResult): string {
  return [`${name}: ${about}`, textTable(results), ...notes].join('\n');
}
