/** The words of one vCPU that all threads of its machine share, beside its row. QEMU: CPUState. */

/** It waits for an interrupt. QEMU: cpu->halted. */
export const HALTED = 0;
/** QEMU: cpu->interrupt_request. */
export const INTERRUPT = 1;
/** It is to end. QEMU: cpu->unplug. */
export const UNPLUG = 2;
/** How often its program ran, for whoever watches. */
export const RUNS = 3;
/** Its thread has ended. */
export const ENDED = 4;
/** The work queue: its mutex, and how many items were put and taken. See WorkQueue. */
export const WORK_MUTEX = 12;
export const WORK_PUT = 13;
export const WORK_TAKEN = 14;
/** One more than the number of the item that has thrown, which ended the thread; 0 if none has. */
export const WORK_FAILED = 15;
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
  /** Its row among the vCPUs of its machine; another one's once it has been disposed of. */
  readonly row: Int32Array;
}

export function newVCpuWords(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * VCPU_WORDS));
}
