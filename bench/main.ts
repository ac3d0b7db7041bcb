import { readFileSync, writeFileSync } from 'node:fs';
import { aimsText } from './aims.ts';
import { type Arguments, parseArguments, USAGE } from './arguments.ts';
import { children } from './children.ts';
import { core } from './core.ts';
import { writeDocs } from './docs.ts';
import { latency } from './latency.ts';
import { machine } from './machine.ts';
import { memory } from './memory.ts';
import { monitors } from './monitors.ts';
import { node } from './node.ts';
import { pages } from './pages.ts';
import { Peers } from './peers.ts';
import { pid1 } from './pid1.ts';
import { header, sectionText } from './print.ts';
import { record } from './record.ts';
import { type BenchRun, machineFactor, type SectionResult } from './result.ts';
import type { Section } from './row.ts';
import { serveRow } from './row-process.ts';
import { factors, runSection } from './run-rows.ts';
import { scale } from './scale.ts';
import { sim } from './sim.ts';
import { startup } from './startup.ts';
import { threads } from './threads.ts';
import { trace } from './trace.ts';

const SECTIONS: readonly Section[] = [
  core,
  scale,
  children,
  latency,
  memory,
  pages,
  pid1,
  monitors,
  sim,
  startup,
  trace,
  record,
  threads,
  node,
];

async function measureAll(names: readonly string[], rounds: number): Promise<BenchRun> {
  const peers = new Peers();
  const sections: SectionResult[] = [];
  const about = { ...machine(rounds), factors: factors(peers, rounds), problems: peers.problems };
  console.log(header({ ...about, sections }));
  for (const section of SECTIONS.filter(({ name }) => names.includes(name))) {
    const result = await runSection(section, peers, rounds);
    sections.push(result);
    console.log(`\n${sectionText(result, machineFactor(about))}`);
  }
  peers.dispose();
  const run = { ...about, sections };
  console.log(`\n${aimsText(run)}`);
  return run;
}

function rendered(path: string): BenchRun {
  const run: BenchRun = JSON.parse(readFileSync(path, 'utf8'));
  const factor = machineFactor(run);
  const texts = run.sections.map((section) => sectionText(section, factor));
  console.log([header(run), ...texts, aimsText(run)].join('\n\n'));
  return run;
}

function given(): Arguments {
  try {
    return parseArguments(
      process.argv.slice(2),
      SECTIONS.map(({ name }) => name),
    );
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`);
    process.exit(2);
  }
}

async function main(): Promise<void> {
  const { sections, rounds, json, render, docs } = given();
  const run = render === undefined ? await measureAll(sections, rounds) : rendered(render);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(run, null, 2)}\n`);
  if (docs) writeDocs(run);
}

function help(): void {
  const sections = SECTIONS.map(({ name, about }) => `  ${name.padEnd(9)}${about}`);
  console.log([USAGE, '', 'Without a section, all of them:', ...sections].join('\n'));
}

const [first, name, index] = process.argv.slice(2);
if (first === '--row') await serveRow(SECTIONS, name!, Number(index));
else if (first === '--help' || first === '-h') help();
else await main();
