import { CProgram } from './c-program.ts';
import { QemuC } from './qemu.ts';
import type { Side } from './result.ts';
import type { Measure, ProgramRow, Row } from './row.ts';

interface Program {
  readonly problem: string | null;
  run(work: ProgramRow): number;
  dispose(): void;
}

/** All other sides that a row may be compared with. */
export class Peers {
  readonly c: Program = new CProgram('loop');
  readonly #glib: Program = new CProgram('glib', ['glib-2.0']);
  readonly #qemu: Program = new QemuC();

  /** The reasons why columns stay empty. */
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

  /** The measures of a row, for the sides that can be measured. */
  measures(row: Row): [Side, Measure][] {
    const sides: [Side, Measure | undefined][] = [
      ['ours', row.ours],
      ['qemu', bound(this.#qemu, row.qemu)],
      ['c', bound(this.c, row.c)],
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

/** Undefined if the program is missing: its whole column is then empty, and the header says why. */
function bound(program: Program, work: ProgramRow | Measure | undefined): Measure | undefined {
  if (work === undefined || program.problem !== null) return undefined;
  if (typeof work === 'function') return work;
  return () => program.run(work);
}
