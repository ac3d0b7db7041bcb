import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { ProgramRow } from './row.ts';
import { percentile } from './statistics.ts';

/** Runs one of the C programs, which prints one number per line. */
export function runRow(path: string, { row, count, share = 0 }: ProgramRow): number {
  const ran = spawnSync(path, [row, String(count)], { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`${basename(path)} ${row}: ${ran.stderr}`);
  const values = ran.stdout.trim().split('\n').map(Number);
  return percentile(values, share);
}

/** A program of bench/c, compiled if there is a C compiler. */
export class CProgram {
  readonly problem: string | null;
  /** Path of the compiled program; there is no file if there is a problem. */
  readonly path: string;
  readonly #source: string;
  readonly #dir = mkdtempSync(join(tmpdir(), 'qemu-loop-bench-'));

  /** @param packages names for pkg-config */
  constructor(name: string, packages: readonly string[] = []) {
    this.#source = join('bench', 'c', `${name}.c`);
    this.path = join(this.#dir, name);
    this.problem = this.#build(packages);
  }

  #build(packages: readonly string[]): string | null {
    let flags: string[] = [];
    if (packages.length > 0) {
      const asked = spawnSync('pkg-config', ['--cflags', '--libs', ...packages], {
        encoding: 'utf8',
      });
      if (asked.error !== undefined) return `no pkg-config (${asked.error.message})`;
      if (asked.status !== 0) return `pkg-config has no ${packages.join(', ')}`;
      flags = asked.stdout.trim().split(/\s+/);
    }
    const made = spawnSync(
      process.env.CC ?? 'cc',
      ['-O2', '-o', this.path, this.#source, ...flags],
      { encoding: 'utf8' },
    );
    if (made.error !== undefined) return `no C compiler (${made.error.message})`;
    return made.status === 0 ? null : made.stderr;
  }

  /** ns of one operation, or another value that the row prints. */
  run(work: ProgramRow): number {
    return runRow(this.path, work);
  }

  dispose(): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
