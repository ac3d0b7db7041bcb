// Measures how long a step back takes with 100,000 iterations before it: from the key to the screen, and
// in processor time. Needs `npm run build`. With --replay it is a recorded run on the real kernel.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importTs } from './import-ts.mjs';

const { Terminal } = await importTs('tests/support/terminal-emulator.ts');
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const command = join(root, 'dist', 'qemu-loop.cjs');
const ITERATIONS = 100_000;
const TIMES = 7;
const isReplay = process.argv.includes('--replay');
const dir = mkdtempSync(join(tmpdir(), 'step-back-'));

const span = isReplay ? '1us' : '1ms';
// A simulated tick takes an iteration more, in which only the clock goes on.
const ticks = isReplay ? ITERATIONS : ITERATIONS / 2;
const scenario = `
name: ticks
timers: {t: {do: [{arm: {t: ${span}}}], do_runs: ${ticks}}}
steps: [{arm: {t: ${span}}}, run]
`;

function argsOf() {
  const file = join(dir, 'ticks.yaml');
  writeFileSync(file, scenario);
  if (!isReplay) return ['run', '--watch', file];
  const record = join(dir, 'ticks.rec');
  const args = ['run', '--host', 'linux', '--timeout', '120s', '--record', record, file];
  execFileSync(process.execPath, [command, ...args], { stdio: 'ignore' });
  return ['replay', '--watch', record];
}

/** Processor time of a process, ms. */
function cpuMs(pid) {
  const [, rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [utime, stime] = rest.split(' ').slice(11, 13).map(Number);
  return 10 * (utime + stime);
}

const rssMb = (pid) =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024);

const args = argsOf();
const terminal = new Terminal(process.execPath, [command, ...args], { columns: 100, rows: 42 });
const iteration = () => Number(/iteration (\d+)/.exec(terminal.screen())?.[1]);

async function shown(wanted, startMs = performance.now()) {
  while (!wanted()) {
    if (performance.now() - startMs > 300_000) throw new Error(terminal.screen());
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return performance.now() - startMs;
}

async function timed(what, keys, wanted) {
  const wall = [];
  let cpu = 0;
  for (let i = 0; i < TIMES; i++) {
    await reset();
    const before = cpuMs(terminal.pid);
    const startMs = performance.now();
    terminal.keys(...keys);
    wall.push(await shown(wanted, startMs));
    cpu += (cpuMs(terminal.pid) - before) / TIMES;
  }
  const [least, median] = [Math.min(...wall), wall.sort((a, b) => a - b)[TIMES >> 1]];
  console.log(
    `${what.padEnd(26)} ${least.toFixed(0)} ms at best, ${median.toFixed(0)} in the median, ${cpu.toFixed(0)} ms of CPU`,
  );
}

/** To the end of the run. */
async function reset() {
  terminal.keys('g', ...String(last), 'Enter');
  await shown(() => iteration() === last && !/is not before/.test(terminal.screen()));
}

await shown(() => /PAUSED/.test(terminal.screen()));
const early = rssMb(terminal.pid);
const runMs = cpuMs(terminal.pid);
terminal.keys('Space');
await shown(() => /PASSED|FAILED/.test(terminal.screen()));
console.log(`the run itself: ${cpuMs(terminal.pid) - runMs} ms of CPU`);
const last = iteration();
console.log(
  `${last} iterations, ${rssMb(terminal.pid) - early} MB more resident than at the start`,
);
await timed('b', ['b'], () => iteration() === last - 1);
await timed('B', ['B'], () => iteration() < last);
await timed('g to the middle', ['g', ...'50000', 'Enter'], () => iteration() === 50_000);
await timed('g to the start', ['g', '1', 'Enter'], () => iteration() === 1);
terminal.keys('/', ...'no such text', 'Enter', 'Escape');
await timed('N, which finds nothing', ['N'], () => /is not before/.test(terminal.screen()));
terminal.keys('q');
await terminal.ended;
rmSync(dir, { recursive: true });
