export const NO_FDS = 'there are not enough file descriptors for all rows: raise ulimit -Hn';

/**
 * Whether count fds can be open besides those of the benchmark itself. bench/run.mjs raises
 * the limit, and passes it on.
 */
export function fdsFor(count: number): boolean {
  return count + 100 <= Number(process.env.QEMU_LOOP_BENCH_FDS ?? 1024);
}
