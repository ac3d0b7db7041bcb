import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runRow } from './c-program.ts';
import type { ProgramRow } from './row.ts';

/** The program of QEMU whose build commands are reused for a program on its event loop. */
const MODEL = 'tests/unit/test-aio';
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
    const commands = join(build, 'compile_commands.json');
    const ninja = join(build, 'build.ninja');
    if (!existsSync(commands) || !existsSync(ninja)) return `${build} is no QEMU build tree`;
    if (!existsSync(join(build, MODEL))) return `${build} lacks ${MODEL}: ninja ${MODEL} makes it`;
    const compile = compileCommand(readFileSync(commands, 'utf8'));
    const link = linkArgs(readFileSync(ninja, 'utf8'));
    if (compile === null || link === null) return `${build} does not say how ${MODEL} is built`;
    const sources = SOURCES.map((path) => `'${path}'`).join(' ');
    const make = `${compile} ${sources} -o '${this.#path}' ${link}`;
    const made = spawnSync('sh', ['-c', make], { cwd: build, encoding: 'utf8' });
    return made.status === 0 ? null : made.stderr;
  }
}

/** The compiler and its flags, without input and output files. */
function compileCommand(text: string): string | null {
  const all = JSON.parse(text) as readonly { file: string; command: string }[];
  const found = all.find(({ file }) => file.endsWith(`${MODEL}.c`));
  return found === undefined ? null : found.command.replace(/ -MD -MQ .*$/, '');
}

/** The libraries, in the order that the linker needs. */
function linkArgs(text: string): string | null {
  const match = new RegExp(`^build ${MODEL}: [^]*?^ LINK_ARGS = (.*)$`, 'm').exec(text);
  return match?.[1] ?? null;
}
