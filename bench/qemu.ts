/** QEMU's own C loop on this machine: bench/c/qemu.c, where QEMU_BUILD names a QEMU build tree. */
export class QemuC {
  readonly problem: string | null = 'QEMU_BUILD is not set';

  run(row: string, _count: number): number {
    throw new Error(`bench/c/qemu.c ${row}: ${this.problem}`);
  }

  dispose(): void {}
}
