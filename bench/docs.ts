import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plots } from './plots.ts';
import { factorLines } from './print.ts';
import type { Report, SectionResult } from './result.ts';
import { markdownTable } from './table.ts';

/**
 * Puts what belongs there between `<!-- table:NAME -->` and `<!-- /table -->`.
 * What the report has nothing for stays as it is.
 */
export function fillMarkers(page: string, report: Report): string {
  const parts = new Map(report.sections.map((s) => [s.name, sectionMarkdown(s)]));
  parts.set('machine', machineMarkdown(report));
  return page.replace(
    /(<!-- table:([\w-]+) -->\n)[\s\S]*?(<!-- \/table -->)/g,
    (whole, begin: string, name: string, end: string) => {
      const part = parts.get(name);
      return part === undefined ? whole : `${begin}\n${part}\n\n${end}`;
    },
  );
}

function sectionMarkdown({ results, notes }: SectionResult): string {
  return [markdownTable(results), ...notes.map((note) => `${sentence(note)}`)].join('\n\n');
}

function machineMarkdown(report: Report): string {
  const { machine, cores, kernel, node, rounds, commit, date, problems } = report;
  const lines = [
    `${machine} ×${cores}, Linux ${kernel}, Node ${node}, commit ${commit}, ${date.slice(0, 10)}`,
    `medians of ${rounds} interleaved rounds, fewer where a row takes long`,
    ...factorLines(report),
    ...problems,
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}

function sentence(note: string): string {
  const text = note.charAt(0).toUpperCase() + note.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Writes a report's tables into docs/performance.md, and its drawings beside it. */
export function writeDocs(report: Report, folder = 'docs'): void {
  const path = join(folder, 'performance.md');
  writeFileSync(path, fillMarkers(readFileSync(path, 'utf8'), report));
  for (const [name, svg] of plots(report)) {
    writeFileSync(join(folder, `performance-${name}.svg`), svg);
  }
}
