/**
 * The lock that lets one thread at a time into the machine, as the loop sees it. GlobalLock of
 * src/thread is one. QEMU: qemu_global_mutex.
 */
export interface BigLock {
  /** Whether this thread holds it. */
  readonly isMine: boolean;
  /** @throws QemuAbort if this thread holds it */
  lock(): void;
  /** @throws QemuAbort if this thread does not hold it */
  unlock(): void;
}
