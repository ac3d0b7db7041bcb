import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { parseArgs } from 'node:util';
import { children } from './children.ts';
import { core } from './core.ts';
import { median, PlainC } from './measure.ts';
import type { Row, Section } from './row.ts';
import { scale } from './scale.ts';
import { sim } from './sim.ts';
import { startup } from './startup.ts';
import { type Result, table } from './table.ts';
import { trace } from './trace.ts';

const SECTIONS: readonly Section[] = [core, scale, children, sim, startup, trace];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, json: { type: 'string' } },
});
const rounds = Number(values.rounds);
const unknown = positionals.filter((name) => !SECTIONS.some((s) => s.name === name));
if (unknown.length > 0 || !(rounds >= 1)) {
  const names = SECTIONS.map((s) => s.name).join(', ');
  console.error(
    `bench: no section ${unknown.join(', ')}; there are ${names}. --rounds N, --json FILE`,
  );
  process.exit(2);
}

/** Every side of a row runs once a round, one after the other, so that noise meets them all. */
async function run(row: Row, c: PlainC): Promise<Result> {
  const ours: number[] = [];
  const node: number[] = [];
  const plain: number[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(await row.ours());
    if (row.c !== undefined && c.problem === null) plain.push(c.run(row.c.row, row.c.count));
    if (row.node !== undefined) node.push(await row.node());
  }
  row.close?.();
  return {
    name: row.name,
    ours: median(ours),
    oursMin: Math.min(...ours),
    oursMax: Math.max(...ours),
    c: plain.length > 0 ? median(plain) : undefined,
    node: node.length > 0 ? median(node) : undefined,
    qemu: row.qemuNs,
    perSecond: row.perSecond ?? false,
  };
}

const c = new PlainC();
console.log(
  `${cpus()[0]?.model} ×${cpus().length}, Linux ${release()}, Node ${process.version}; ` +
    `medians of ${rounds} interleaved rounds; ns for one operation unless it says /s`,
);
if (c.problem !== null) console.log(`plain C column is empty: ${c.problem}`);
const all: Record<string, Result[]> = {};
for (const section of SECTIONS) {
  if (positionals.length > 0 && !positionals.includes(section.name)) continue;
  const results: Result[] = [];
  for (const make of section.rows) results.push(await run(make(), c));
  all[section.name] = results;
  console.log(`\n${section.name}: ${section.about}\n${table(results)}`);
  for (const note of section.notes?.(results) ?? []) console.log(note);
}
c.dispose();
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(all, null, 2)}\n`);
