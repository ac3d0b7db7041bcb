export const NO_FDS = 'there are not enough file descriptors for all rows: raise ulimit -Hn';

/** Whether so many fds, and those of the benchmark itself, can be open. bench/run.mjs raises the limit, and tells it. */
export function fdsFor(count: number): boolean {
  return count + 100 <= Number(process.env.QEMU_LOOP_BENCH_FDS ?? 1024);
}
