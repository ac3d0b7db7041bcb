import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { CProgram } from './c-program.ts';
import { QemuC } from './qemu.ts';
import { cannot, type Measure, type Row, type Section } from './row.ts';
import { percentile } from './statistics.ts';

const COUNT = 150;
/** Children that do not count, since V8 first interprets code: a few, as a supervisor has them; */
const FEW = 20;
/** and as many as it takes until V8 has compiled what runs for each. */
const MANY = 2_000;

/** Bundled as a program of its own, since ours blocks the signals of its whole process. */
function bundled(name: string): string {
  return join(import.meta.dirname ?? '.', `${name}.mjs`);
}

/** Starts a spinner for each core. Ends them by the pids started here. */
function startLoad(spin: CProgram): () => void {
  const spinners: ChildProcess[] = cpus().map(() => spawn(spin.path, { stdio: 'ignore' }));
  return () => {
    for (const spinner of spinners) spinner.kill('SIGKILL');
  };
}

/** The latencies that a Node program prints, one per line. */
function latencies(program: string, dying: string, warmUp: number): number[] {
  const args = [bundled(program), dying, String(COUNT), String(warmUp)];
  const ran = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`${program}: ${ran.stderr}`);
  return ran.stdout.trim().split('\n').map(Number);
}

function row(share: number, underLoad: boolean, warmUp = FEW): Row {
  const load = underLoad ? ', every core busy' : '';
  const warm = warmUp === MANY ? `, after ${MANY.toLocaleString('en')} children` : '';
  const name = `death to reap, p${share * 100}${load}${warm}`;
  const [dying, death, spin] = ['dying', 'death', 'spin'].map((c) => new CProgram(c)) as [
    CProgram,
    CProgram,
    CProgram,
  ];
  const qemu = new QemuC();
  const programs = [dying, death, spin];
  const close = (): void => {
    for (const program of [...programs, qemu]) program.dispose();
  };
  const problem = programs.map((program) => program.problem).find((one) => one !== null);
  if (problem) return { name, ours: cannot(`nobody tells when a child died: ${problem}`), close };
  const work = { row: dying.path, count: COUNT, share };
  const whileBusy = (measure: () => number): Measure => {
    if (!underLoad) return measure;
    return () => {
      const end = startLoad(spin);
      try {
        return measure();
      } finally {
        end();
      }
    };
  };
  const percentileOf = (program: string): Measure =>
    whileBusy(() => percentile(latencies(program, dying.path, warmUp), share));
  return {
    name,
    unit: 'µs',
    limit: underLoad ? 'the scheduler' : 'the kernel: ending a process',
    ours: percentileOf('death-ours'),
    node: percentileOf('death-node'),
    c: whileBusy(() => death.run(work)),
    // If it is missing, the header of the run says why.
    qemu: qemu.problem === null ? whileBusy(() => qemu.run(work)) : undefined,
    close,
  };
}

export const latency: Section = {
  name: 'latency',
  about: `from a child's last act before _exit to its reap, over ${COUNT} children a round`,
  rows: [
    () => row(0.5, false),
    () => row(0.99, false),
    () => row(0.5, false, MANY),
    () => row(0.5, true),
    () => row(0.99, true),
  ],
};
