import { CProgram } from './c-program.ts';
import { QemuC } from './qemu.ts';
import type { Side } from './result.ts';
import type { Measure, ProgramRow, Row } from './row.ts';

interface Program {
  readonly problem: string | null;
  run(row: string, count: number): number;
  dispose(): void;
}

/** Everybody that a row may be compared with. */
export class Peers {
  readonly c: Program = new CProgram('loop');
  readonly #glib: Program = new CProgram('glib', ['glib-2.0']);
  readonly #qemu: Program = new QemuC();

  /** Why a column stays empty. */
  get problems(): string[] {
    const columns: [string, Program][] = [
      ['QEMU here', this.#qemu],
      ['plain C', this.c],
      ['GLib', this.#glib],
    ];
    return columns
      .filter(([, { problem }]) => problem !== null)
      .map(([name, { problem }]) => `the column ${name} is empty: ${problem}`);
  }

  /** How the sides of a row are measured, of those that can be. */
  measures(row: Row): [Side, Measure][] {
    const { c } = row;
    const sides: [Side, Measure | undefined][] = [
      ['ours', row.ours],
      ['qemu', bound(this.#qemu, row.qemu)],
      ['c', typeof c === 'function' ? c : bound(this.c, c)],
      ['node', row.node],
      ['glib', bound(this.#glib, row.glib)],
      ['tini', row.tini],
      ['catatonit', row.catatonit],
    ];
    return sides.filter((side): side is [Side, Measure] => side[1] !== undefined);
  }

  dispose(): void {
    for (const program of [this.c, this.#glib, this.#qemu]) program.dispose();
  }
}

function bound(program: Program, work: ProgramRow | undefined): Measure | undefined {
  if (work === undefined || program.problem !== null) return undefined;
  return () => program.run(work.row, work.count);
}
