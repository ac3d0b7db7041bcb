import { QemuAbort } from '../../aio/abort.ts';
import { checkObject } from '../../host/arguments.ts';
import type { MachineState } from '../machine-state.ts';
import { MAIN_TASKS, PAUSE_COND, TASK_STOP, TASK_TELL, VM_RUNNING } from '../machine-words.ts';
import { QemuCond } from '../qemu-cond.ts';
import type { QemuThread } from '../qemu-thread.ts';
import { runningRows, STOPPED } from './vcpu-rows.ts';
import { kickCpu, requestStop, resumeCpu, stopAfterTurn } from './vcpu-stop.ts';

/** All vCPUs of a machine, as any of its threads stops and resumes them, with the BQL. */
export class VmRef {
  readonly machine: MachineState;
  readonly #thread: QemuThread;
  readonly #pauseCond: QemuCond;

  /** @throws TypeError if it is not a thread */
  constructor(thread: QemuThread) {
    checkObject(thread, 'VmRef: the thread', 'a QemuThread');
    checkObject(thread.machine, 'VmRef: the thread', 'a QemuThread');
    const { host, machine } = thread;
    this.machine = machine;
    this.#thread = thread;
    this.#pauseCond = new QemuCond(host, { words: machine.words.subarray(PAUSE_COND) });
  }

  /** QEMU: runstate_is_running. */
  get running(): boolean {
    return Atomics.load(this.machine.words, VM_RUNNING) !== 0;
  }

  /**
   * Stops the virtual clock and the vCPUs, and blocks until all have stopped; does nothing if they
   * have. The handlers of Vm.onStateChange are called in main, before its next main_loop_wait.
   *
   * In a vCPU's own thread it only asks: that vCPU stops once its program has returned, and the main
   * loop stops the machine before its next main_loop_wait. QEMU: vm_stop.
   * @throws QemuAbort as pauseAllVcpus
   */
  stop(): void {
    const { vcpu } = this.#thread;
    if (vcpu !== null) {
      stopAfterTurn(vcpu.handle.row);
      this.#askMain(TASK_STOP);
    } else if (this.stopMachine()) this.#askMain(TASK_TELL);
  }

  /** Returns whether it ran. @internal */
  protected stopMachine(): boolean {
    if (!this.running) return false;
    Atomics.store(this.machine.words, VM_RUNNING, 0);
    this.pauseAllVcpus();
    return true;
  }

  /** QEMU: qemu_system_vmstop_request. */
  #askMain(task: number): void {
    Atomics.or(this.machine.words, MAIN_TASKS, task);
    this.machine.wakeMain();
  }

  /**
   * Stops the virtual clock, and blocks until no vCPU runs its program; the BQL is given back
   * meanwhile. In a vCPU's own thread that vCPU counts as stopped at once: the function goes on after
   * the call, and its program is not called again until it is resumed. QEMU: pause_all_vcpus.
   * @throws QemuAbort if this thread does not hold the BQL, or in a callback of a virtual timer
   */
  pauseAllVcpus(): void {
    const thread = this.#thread;
    const { bql } = thread;
    if (!bql.isMine) {
      throw new QemuAbort('pause_all_vcpus: assertion failed: (qemu_mutex_iothread_locked())');
    }
    this.machine.enableVirtualClock(false);
    for (const row of this.#rows) requestStop(row, thread);
    bql.condWaitWhile(this.#pauseCond, () => {
      const left = this.#rows.filter((row) => Atomics.load(row, STOPPED) === 0);
      for (const row of left) kickCpu(row, thread);
      return left.length > 0;
    });
    // Threads that wait for it get it before the machine goes on.
    bql.unlock();
    bql.lock();
  }

  /** Starts the virtual clock and the vCPUs, if the machine runs. QEMU: resume_all_vcpus. */
  resumeAllVcpus(): void {
    if (!this.running) return;
    this.machine.enableVirtualClock(true);
    for (const row of this.#rows) resumeCpu(row, this.#thread);
  }

  get #rows(): Int32Array[] {
    return runningRows(this.machine.handle.vcpus);
  }
}
