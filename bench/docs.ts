import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aimsMarkdown } from './aims.ts';
import { plots } from './plots.ts';
import { factorLines, versionLine } from './print.ts';
import { type BenchRun, machineFactor, type SectionResult } from './result.ts';
import { markdownTable, whyNot } from './table.ts';

/**
 * Fills the parts of a page between `<!-- table:NAME -->` and `<!-- /table -->`. Leaves a
 * part as it is if the run has nothing for it.
 */
export function fillMarkers(page: string, run: BenchRun): string {
  const factor = machineFactor(run);
  const parts = new Map(run.sections.map((s) => [s.name, sectionMarkdown(s, factor)]));
  parts.set('machine', machineMarkdown(run));
  parts.set('aims', aimsMarkdown(run));
  return page.replace(
    /(<!-- table:([\w-]+) -->\n)[\s\S]*?(<!-- \/table -->)/g,
    (whole, begin: string, name: string, end: string) => {
      const part = parts.get(name);
      return part === undefined ? whole : `${begin}\n${part}\n\n${end}`;
    },
  );
}

function sectionMarkdown({ results, notes }: SectionResult, factor: number | undefined): string {
  const below = [...notes, ...whyNot(results)].map(sentence);
  return [markdownTable(results, factor), ...below].join('\n\n');
}

function machineMarkdown(run: BenchRun): string {
  const { machine, cores, kernel, node, rounds, commit, date, problems } = run;
  const lines = [
    `${machine} ×${cores}, Linux ${kernel}, Node ${node}, commit ${commit}, ${date.slice(0, 10)}`,
    versionLine(run),
    `medians of ${rounds} interleaved rounds, fewer where a row takes long`,
    ...factorLines(run),
    ...problems,
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}

function sentence(note: string): string {
  const text = note.charAt(0).toUpperCase() + note.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Writes a run's tables into docs/performance.md, and its drawings beside it. */
export function writeDocs(run: BenchRun, folder = 'docs'): void {
  const path = join(folder, 'performance.md');
  writeFileSync(path, fillMarkers(readFileSync(path, 'utf8'), run));
  for (const [name, svg] of plots(run)) {
    writeFileSync(join(folder, `performance-${name}.svg`), svg);
  }
}
