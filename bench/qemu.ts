import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openTree, type QemuTree } from '../src/cli/qemu/tree.ts';
import { runRow } from './c-program.ts';
import type { ProgramRow } from './row.ts';

const SOURCES = ['qemu', 'qemu-children', 'qemu-threads'].map((name) =>
  resolve('bench', 'c', `${name}.c`),
);

/**
 * QEMU's own C loop on this machine: bench/c/qemu.c, linked against the build tree in
 * QEMU_BUILD.
 */
export class QemuC {
  readonly problem: string | null;
  readonly #path: string;
  readonly #dir = mkdtempSync(join(tmpdir(), 'qemu-loop-bench-'));

  constructor() {
    this.#path = join(this.#dir, 'qemu');
    const build = process.env.QEMU_BUILD;
    this.problem =
      build === undefined
        ? 'QEMU_BUILD is not set (docs/performance.md says how)'
        : this.#make(resolve(build));
  }

  run(work: ProgramRow): number {
    return runRow(this.#path, work);
  }

  dispose(): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }

  /** Returns an error text, or null. */
  #make(build: string): string | null {
    let tree: QemuTree;
    try {
      tree = openTree(build);
    } catch (error) {
      return (error as Error).message;
    }
    const sources = SOURCES.map((path) => `'${path}'`).join(' ');
    // The tools' big lock does nothing: that of qemu-threads.c, which comes first, is taken instead.
    const ours = '-Wl,--allow-multiple-definition';
    const make = `${tree.compile} ${sources} -o '${this.#path}' ${ours} ${tree.link}`;
    const made = spawnSync('sh', ['-c', make], { cwd: build, encoding: 'utf8' });
    return made.status === 0 ? null : made.stderr;
  }
}
