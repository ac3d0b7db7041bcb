import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { children } from './children.ts';
import { core } from './core.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { monitors } from './monitors.ts';
import { Peers } from './peers.ts';
import { pid1 } from './pid1.ts';
import { header, sectionText } from './print.ts';
import type { Report, SectionResult } from './result.ts';
import type { Section } from './row.ts';
import { factors, machine, runSection } from './run-rows.ts';
import { scale } from './scale.ts';
import { sim } from './sim.ts';
import { startup } from './startup.ts';
import { trace } from './trace.ts';

const SECTIONS: readonly Section[] = [
  core,
  scale,
  children,
  latency,
  memory,
  pid1,
  monitors,
  sim,
  startup,
  trace,
];

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

async function measureAll(): Promise<Report> {
  const peers = new Peers();
  const sections: SectionResult[] = [];
  const about = { ...machine(rounds), factors: factors(peers, rounds), problems: peers.problems };
  console.log(header({ ...about, sections }));
  for (const section of SECTIONS) {
    if (positionals.length > 0 && !positionals.includes(section.name)) continue;
    const result = await runSection(section, peers, rounds);
    sections.push(result);
    console.log(`\n${sectionText(result)}`);
  }
  peers.dispose();
  return { ...about, sections };
}

const report = await measureAll();
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
