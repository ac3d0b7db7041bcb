import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { CProgram } from './c-program.ts';
import type { Measure, Row, Section } from './row.ts';
import { percentile } from './statistics.ts';

const COUNT = 150;
const OURS = join(import.meta.dirname ?? '.', 'death-ours.mjs');

/** A spinner for each core. Ended by the pids that were started here. */
function startLoad(spin: CProgram): () => void {
  const spinners: ChildProcess[] = cpus().map(() => spawn(spin.path, { stdio: 'ignore' }));
  return () => {
    for (const spinner of spinners) spinner.kill('SIGKILL');
  };
}

function latencies(command: string, args: readonly string[]): number[] {
  const ran = spawnSync(command, args, { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`${command}: ${ran.stderr}`);
  return ran.stdout.trim().split('\n').map(Number);
}

function row(share: number, underLoad: boolean): Row {
  const load = underLoad ? ', every core busy' : '';
  const name = `death to reap, p${share * 100}${load}`;
  const [dying, death, spin] = ['dying', 'death', 'spin'].map((c) => new CProgram(c));
  const close = (): void => {
    for (const program of [dying!, death!, spin!]) program.dispose();
  };
  const problem = dying!.problem ?? death!.problem ?? spin!.problem;
  if (problem !== null) {
    close();
    return { name, why: `nobody tells when a child died: ${problem}` };
  }
  const measure =
    (command: string, args: readonly string[]): Measure =>
    () => {
      const endLoad = underLoad ? startLoad(spin!) : (): void => {};
      try {
        return percentile(latencies(command, args), share);
      } finally {
        endLoad();
      }
    };
  return {
    name,
    unit: 'µs',
    ours: measure(process.execPath, [OURS, dying!.path, String(COUNT)]),
    c: measure(death!.path, [dying!.path, String(COUNT)]),
    close,
  };
}

export const latency: Section = {
  name: 'latency',
  about: `from a child's last act before _exit to its reap, over ${COUNT} children a round`,
  rows: [
    () => row(0.5, false),
    () => row(0.99, false),
    () => row(0.5, true),
    () => row(0.99, true),
  ],
};
