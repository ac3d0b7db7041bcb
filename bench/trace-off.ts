/**
 * Prints the ns of a bottom half while no event is on: `trace-off.mjs trace-lit
 * trace-dark`. Each has a process of its own.
 */
import { median } from './statistics.ts';
import type * as TraceWork from './trace-work.ts';

const BATCHES = 300;
const BATCH = 2_000;

const name = process.argv[2]!;
const module: typeof TraceWork = await import(new URL(`./${name}.mjs`, import.meta.url).href);
const work = module.bottomHalf(() => 0);
const times: number[] = [];
for (let i = 0; i < BATCHES; i++) {
  const start = process.hrtime.bigint();
  work.run(BATCH);
  times.push(Number(process.hrtime.bigint() - start) / BATCH);
}
work.dispose();
console.log(median(times));
