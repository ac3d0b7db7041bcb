import { type BenchRun, machineFactor, type SectionResult } from './result.ts';
import { textTable, whyNot } from './table.ts';

/** The text above the tables. */
export function header(run: BenchRun): string {
  const { machine, cores, kernel, node, rounds, commit, date } = run;
  return [
    `${machine} ×${cores}, Linux ${kernel}, Node ${node}; commit ${commit}, ${date}`,
    versionLine(run),
    `medians of ${rounds} interleaved rounds (fewer where a row takes long); ns for one operation unless it says otherwise; ` +
      `min–max is ours; "ours/" is ours divided by the column before it, below 1 is better`,
    ...factorLines(run),
    ...run.problems,
  ].join('\n');
}

/** The speed of this machine relative to the one of the recorded figures. */
export function factorLines({ factors }: BenchRun): string[] {
  if (factors.length === 0) return ['this machine / reference machine: unknown without plain C'];
  const parts = factors.map(
    ({ work, hereNs, referenceNs }) =>
      `${(hereNs / referenceNs).toFixed(2)} by plain C's ${work} ` +
      `(${hereNs.toFixed(0)} ns here, ${referenceNs} there)`,
  );
  return [
    `this machine / reference machine: ${parts.join('; ')}`,
    `"QEMU recorded" is from the reference machine, and the ratio after it is raw; ` +
      `"scaled" is that ratio divided by ${machineFactor({ factors })!.toFixed(2)}, the geometric mean of the two`,
  ];
}

export function versionLine({ versions }: BenchRun): string {
  const all = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `compared: ${all.join(', ')}`;
}

export function sectionText(section: SectionResult, factor: number | undefined): string {
  const { name, about, results, notes } = section;
  return [`${name}: ${about}`, textTable(results, factor), ...notes, ...whyNot(results)].join('\n');
}
