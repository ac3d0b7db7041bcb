/** The processor time of each file of tests, with that of the processes it has started. */

import { appendFileSync, readFileSync } from 'node:fs';
import { ticksIn } from './proc-ticks.ts';

/** Files in the table. */
const MOST = 40;
/** Seconds: the unit of times in /proc. */
const TICK = 0.01;

/** Names the file with a line for each file of tests; set if QEMU_LOOP_TEST_TIMES asks for the table. */
export const COSTS = 'QEMU_LOOP_TEST_COSTS';

/** Processor time of this process and of its children that have ended, in seconds. */
export function secondsUsed(): number {
  return ticksIn(readFileSync('/proc/self/stat', 'latin1')) * TICK;
}

export function addCost(file: string, seconds: number): void {
  appendFileSync(process.env[COSTS]!, `${JSON.stringify([file, seconds])}\n`);
}

/** A line for each of the files that take most, and their sum. */
export function costTable(path: string): string {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const rows = lines.map((line) => JSON.parse(line) as [file: string, seconds: number]);
  const sum = rows.reduce((all, [, seconds]) => all + seconds, 0);
  rows.sort(([, a], [, b]) => b - a);
  const shown = [...rows.slice(0, MOST), [`all ${rows.length} files`, sum] as const];
  return shown.map(([file, seconds]) => `${seconds.toFixed(1).padStart(7)} s  ${file}`).join('\n');
}
