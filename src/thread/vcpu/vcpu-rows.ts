/**
 * The vCPUs of a machine, in memory that all its threads share: a row for each, with the words by which
 * it is stopped and kicked. QEMU: cpus.
 */

/** The most vCPUs of a machine at a time. */
const MOST_VCPUS = 256;
/** A cache line. */
export const ROW_WORDS = 16;

/** A row is free, its thread runs, or has ended. */
export const STATE = 0;
export const ROW_FREE = 0;
export const ROW_STARTS = 1;
export const ROW_RUNS = 2;
export const ROW_ENDED = 3;
/** It is to stop; it has stopped. QEMU: cpu->stop, cpu->stopped. */
export const STOP = 1;
export const STOPPED = 2;
/** It is to leave its program; the word that a kick sets. QEMU: cpu->exit_request. */
export const EXIT_REQUEST = 3;
/** A signal was sent that it has not seen. QEMU: cpu->thread_kicked. */
export const KICKED = 4;
/** As gettid. */
export const TID = 5;
/** The signal that ends its system calls; 0 for none. */
export const SIGNAL = 6;
/** Its halt_cond: see QemuCond. */
export const HALT_COND = 8;

/** It is in its program; another one waits for it to leave that. QEMU: cpu->running, cpu->has_waiter. */
export const RUNNING = 10;
export const HAS_WAITER = 11;
/** The number of its thread in the machine. */
export const THREAD = 12;

export function newVCpuRows(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * ROW_WORDS * MOST_VCPUS));
}

/**
 * Takes a free row, in the main thread; whoever takes it gives it back by ROW_FREE.
 * @throws RangeError if there is none
 */
export function takeRow(rows: Int32Array, signal: number, stopped: boolean): Int32Array {
  for (let at = 0; at < rows.length; at += ROW_WORDS) {
    if (Atomics.load(rows, at + STATE) !== ROW_FREE) continue;
    const row = rows.subarray(at, at + ROW_WORDS);
    row.fill(0);
    row[SIGNAL] = signal;
    row[STOPPED] = stopped ? 1 : 0;
    Atomics.store(row, STATE, ROW_STARTS);
    return row;
  }
  throw new RangeError(`VCpu: the machine has ${MOST_VCPUS} vCPUs: expected no more`);
}

/** The rows of all vCPUs whose threads run, in order of their places. QEMU: CPU_FOREACH. */
export function runningRows(rows: Int32Array): Int32Array[] {
  const found: Int32Array[] = [];
  for (let at = 0; at < rows.length; at += ROW_WORDS) {
    if (Atomics.load(rows, at + STATE) === ROW_RUNS) found.push(rows.subarray(at, at + ROW_WORDS));
  }
  return found;
}
