/** How a vCPU is stopped and kicked, by any thread of its machine. */

import { EAGAIN, ESRCH, HostError } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import { PAUSE_COND } from '../machine-words.ts';
import { QemuCond } from '../qemu-cond.ts';
import type { QemuThread } from '../qemu-thread.ts';
import { EXIT_REQUEST, HALT_COND, KICKED, SIGNAL, STOP, STOPPED, TID } from './vcpu-rows.ts';

/** Whether a row is that of the thread's own vCPU. QEMU: qemu_cpu_is_self. */
export function isOwn(row: Int32Array, { vcpu }: QemuThread): boolean {
  return vcpu !== null && vcpu.handle.row.byteOffset === row.byteOffset;
}

/** The condition on which a vCPU sleeps. QEMU: cpu->halt_cond. */
export function haltCondOf(row: Int32Array, host: Host): QemuCond {
  return new QemuCond(host, { words: row.subarray(HALT_COND) });
}

/** Has a vCPU leave its program, or its sleep. QEMU: qemu_cpu_kick. */
export function kickCpu(
  row: Int32Array,
  thread: QemuThread,
  haltCond = haltCondOf(row, thread.host),
): void {
  const { host } = thread;
  Atomics.store(row, EXIT_REQUEST, 1);
  haltCond.broadcast();
  if (isOwn(row, thread) || Atomics.exchange(row, KICKED, 1) !== 0) return;
  sendSignal(row, host);
}

function sendSignal(row: Int32Array, host: Host): void {
  const signal = row[SIGNAL]!;
  const tid = Atomics.load(row, TID);
  if (signal === 0 || tid === 0) return;
  const ret = host.tgkill(host.getpid(), tid, signal);
  if (ret < 0 && ret !== -ESRCH && ret !== -EAGAIN) throw new HostError(ret, 'qemu_cpu_kick');
}

/** Tells a vCPU to stop; this thread's own one has stopped at once. */
export function requestStop(row: Int32Array, thread: QemuThread): void {
  if (isOwn(row, thread)) {
    haveStopped(row, thread);
    // It leaves its program after this turn. QEMU: cpu_exit.
    Atomics.store(row, EXIT_REQUEST, 1);
    return;
  }
  Atomics.store(row, STOP, 1);
  kickCpu(row, thread);
}

/** This thread's own vCPU stops at the end of its turn. QEMU: cpu_stop_current. */
export function stopAfterTurn(row: Int32Array): void {
  Atomics.store(row, STOP, 1);
  Atomics.store(row, EXIT_REQUEST, 1);
}

/** This thread's own vCPU has stopped: whoever waits for that goes on. QEMU: qemu_cpu_stop. */
export function haveStopped(row: Int32Array, { host, machine }: QemuThread): void {
  Atomics.store(row, STOP, 0);
  Atomics.store(row, STOPPED, 1);
  new QemuCond(host, { words: machine.words.subarray(PAUSE_COND) }).broadcast();
}

/** QEMU: cpu_resume. */
export function resumeCpu(row: Int32Array, thread: QemuThread): void {
  Atomics.store(row, STOP, 0);
  Atomics.store(row, STOPPED, 0);
  kickCpu(row, thread);
}
