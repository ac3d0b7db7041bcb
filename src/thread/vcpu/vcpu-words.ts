/** The words of one vCPU, which all threads of its machine share. QEMU: CPUState. */

/** It is to stop; it has stopped. QEMU: cpu->stop, cpu->stopped. */
export const STOP = 0;
export const STOPPED = 1;
/** It waits for an interrupt. QEMU: cpu->halted. */
export const HALTED = 2;
/** QEMU: cpu->interrupt_request. */
export const INTERRUPT = 3;
/** It is to leave its program; the word that a kick sets. QEMU: cpu->exit_request. */
export const EXIT_REQUEST = 4;
/** A signal was sent that it has not seen. QEMU: cpu->thread_kicked. */
export const KICKED = 5;
/** It is to end. QEMU: cpu->unplug. */
export const UNPLUG = 6;
/** As gettid. */
export const TID = 7;
/** Its halt_cond: see QemuCond. */
export const HALT_COND = 8;
/** How often its program ran, for whoever watches. */
export const RUNS = 10;
/** Its thread has ended. */
export const ENDED = 11;
/** The work queue: its mutex, and how many items were put and taken. See WorkQueue. */
export const WORK_MUTEX = 12;
export const WORK_PUT = 13;
export const WORK_TAKEN = 14;
export const WORK_ITEMS = 16;

/** The most work that waits at a time. */
export const MOST_WORK = 128;
export const ITEM_WORDS = 32;

export const VCPU_WORDS = WORK_ITEMS + MOST_WORK * ITEM_WORDS;

/** The shared memory of a vCPU; structured clone takes it to another thread. */
export interface VCpuHandle {
  readonly kind: 'vcpu';
  readonly name: string;
  readonly words: Int32Array;
  /** The signal that ends its system calls. */
  readonly signal: number;
}

export function newVCpuWords(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * VCPU_WORDS));
}
