import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measure } from 'mitata';
import type { Measure } from './row.ts';

/** CPU time of one round of one row, ns. */
const ROUND_NS = 40e6;

/** A synchronous operation, by mitata: the median of its batches. */
export function op(fn: () => unknown, operations = 1): Measure {
  return async () => {
    const stats = await measure(fn, { min_cpu_time: ROUND_NS, inner_gc: false });
    return stats.p50 / operations;
  };
}

/** An operation that Node's own event loop runs, count times, told when it is done. */
export function nodeLoop(count: number, start: (count: number, done: () => void) => void): Measure {
  return () =>
    new Promise((resolve) => {
      const t = process.hrtime.bigint();
      start(count, () => resolve(Number(process.hrtime.bigint() - t) / count));
    });
}

/** bench/c/loop.c, compiled where there is a C compiler. */
export class PlainC {
  readonly problem: string | null;
  readonly #dir = mkdtempSync(join(tmpdir(), 'qemu-loop-bench-'));

  constructor() {
    const made = spawnSync(
      process.env.CC ?? 'cc',
      ['-O2', '-o', join(this.#dir, 'loop'), join('bench', 'c', 'loop.c')],
      { encoding: 'utf8' },
    );
    if (made.error !== undefined) this.problem = `no C compiler (${made.error.message})`;
    else this.problem = made.status === 0 ? null : made.stderr;
  }

  run(row: string, count: number): number {
    const ran = spawnSync(join(this.#dir, 'loop'), [row, String(count)], { encoding: 'utf8' });
    if (ran.status !== 0) throw new Error(`bench/c/loop.c ${row}: ${ran.stderr}`);
    return Number(ran.stdout);
  }

  dispose(): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
