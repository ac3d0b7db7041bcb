/** The package as a user gets it: packed, and unpacked into a project of its own. */

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../support/run.ts';

const run = promisify(execFile);

/** Packages that such a project has beside it: the dependencies, and the types of Node. */
const LINKED = ['koffi', '@koromix', '@types/node', 'undici-types'];

export interface Packed {
  readonly files: readonly { readonly path: string; readonly size: number }[];
  /** Bytes: the tarball, and then all of its files. */
  readonly size: number;
  readonly unpackedSize: number;
}

/** A project outside of the tree, in which qemu-loop is installed. */
export class Project {
  readonly dir = mkdtempSync(join(tmpdir(), 'package-'));
  packed!: Packed;

  static async open(): Promise<Project> {
    const project = new Project();
    const modules = join(project.dir, 'node_modules');
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', project.dir];
    const { stdout } = await run('npm', args, { cwd: root });
    const told: unknown = JSON.parse(stdout);
    // npm 12 gives an object by name.
    const [packed] = Object.values(told as Record<string, Packed & { filename: string }>);
    project.packed = packed!;
    mkdirSync(join(modules, 'qemu-loop'), { recursive: true });
    const tarball = join(project.dir, packed!.filename);
    const to = join(modules, 'qemu-loop');
    await run('tar', ['-xzf', tarball, '-C', to, '--strip-components', '1']);
    for (const name of LINKED) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    }
    return project;
  }

  write(name: string, text: string): string {
    const path = join(this.dir, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** Runs a program to its end. Returns both outputs; rejects if its status is not 0. */
  async run(file: string, args: readonly string[]): Promise<string> {
    const { stdout, stderr } = await run(file, args, { cwd: this.dir });
    return stdout + stderr;
  }

  close(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
