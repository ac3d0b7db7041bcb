/** How often tests with random inputs run: QEMU_LOOP_TIMES multiplies it. */

const TIMES = Number(process.env.QEMU_LOOP_TIMES ?? '1');

export function runs(few: number): number {
  return Math.max(1, Math.round(few * TIMES));
}
