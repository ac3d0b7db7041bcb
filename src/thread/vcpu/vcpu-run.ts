/** The thread of a vCPU. */

import { checkFunction } from '../../host/arguments.ts';
import type { Host } from '../../host/host.ts';
import { type MachineHandle, MachineState } from '../machine-state.ts';
import { PAUSE_COND, VM_RUNNING, WORK_COND } from '../machine-words.ts';
import { exportsOf } from '../module-url.ts';
import { QemuCond } from '../qemu-cond.ts';
import { QemuThread } from '../qemu-thread.ts';
import type { ThreadSelf } from '../thread-entry.ts';
import { threadTracer } from '../trace-clock.ts';
import { VCpuRef } from './vcpu-ref.ts';
import {
  ENDED,
  EXIT_REQUEST,
  HALT_COND,
  HALTED,
  INTERRUPT,
  KICKED,
  RUNS,
  STOP,
  STOPPED,
  TID,
  UNPLUG,
  type VCpuHandle,
} from './vcpu-words.ts';
import { WorkQueue } from './work-queue.ts';

/** A function of a vCPU's module that other threads call by its name. */
export type VCpuWork = (cpu: VCpuSelf, ...numbers: number[]) => void;

/**
 * The module of a vCPU: its default export is the program, called again and again while the vCPU
 * runs, without the BQL; `work` has the functions that run_on_cpu calls.
 */
export interface VCpuModule {
  readonly default: (cpu: VCpuSelf) => void;
  readonly work?: Readonly<Record<string, VCpuWork>> | undefined;
}

/** The options of a vCPU's job. */
export interface VCpuJob {
  readonly machine: MachineHandle;
  readonly cpu: VCpuHandle;
  readonly module: string;
  readonly data: unknown;
}

/** A vCPU, as its own program sees it. QEMU: current_cpu. */
export class VCpuSelf {
  readonly name: string;
  readonly host: Host;
  readonly machine: MachineState;
  readonly thread: QemuThread;
  /** The `data` of new VCpu, as structured clone copies it. */
  readonly data: unknown;
  readonly handle: VCpuHandle;
  readonly #words: Int32Array;
  readonly #module: VCpuModule;
  readonly #work: WorkQueue;
  readonly #haltCond: QemuCond;
  readonly #pauseCond: QemuCond;
  readonly #workCond: QemuCond;

  /** @internal */
  constructor(host: Host, job: VCpuJob, module: VCpuModule) {
    const { words, name } = job.cpu;
    this.name = name;
    this.host = host;
    const trace = threadTracer(host);
    this.machine = MachineState.from(job.machine, host, trace);
    this.thread = new QemuThread({ machine: this.machine, name, vcpu: this, trace });
    this.data = job.data;
    this.handle = job.cpu;
    this.#words = words;
    this.#module = module;
    this.#work = new WorkQueue(words, host);
    this.#haltCond = new QemuCond(host, { words: words.subarray(HALT_COND) });
    const shared = this.machine.words;
    this.#pauseCond = new QemuCond(host, { words: shared.subarray(PAUSE_COND) });
    this.#workCond = new QemuCond(host, { words: shared.subarray(WORK_COND) });
    Atomics.store(words, TID, host.gettid());
  }

  /**
   * Whether the program is to return soon: it was kicked. A program that runs long looks at it. QEMU:
   * cpu->exit_request.
   */
  get exitRequested(): boolean {
    return Atomics.load(this.#words, EXIT_REQUEST) !== 0;
  }

  /** Another vCPU, or this one. */
  ref(handle: VCpuHandle): VCpuRef {
    return new VCpuRef(handle, this.thread);
  }

  /** After the program has returned the vCPU sleeps until it is interrupted. QEMU: cpu->halted. */
  halt(): void {
    Atomics.store(this.#words, HALTED, 1);
  }

  /** Takes the interrupts that have come. Returns their mask. */
  takeInterrupts(): number {
    return Atomics.exchange(this.#words, INTERRUPT, 0);
  }

  /**
   * Enters the device model: calls a function with the BQL, as an access to a device's memory does.
   * If this thread holds the BQL already, only calls it. QEMU: prepare_mmio_access.
   */
  withBql<T>(act: () => T): T {
    const { bql } = this.thread;
    if (bql.isMine) return act();
    bql.lock();
    try {
      return act();
    } finally {
      bql.unlock();
    }
  }

  /** @throws RangeError if the module's work has no such function @internal */
  call(name: string, numbers: readonly number[]): void {
    const work = this.#module.work?.[name];
    if (work === undefined) {
      throw new RangeError(`vCPU '${this.name}': its module's work has no '${name}'`);
    }
    work(this, ...numbers);
  }

  /** Runs until it is unplugged. QEMU: mttcg_cpu_thread_fn. @internal */
  run(): void {
    const { bql } = this.thread;
    bql.lock();
    try {
      while (!this.#ends) {
        if (this.#canRun) this.#execute();
        this.#waitIoEvent();
      }
    } finally {
      if (bql.isMine) bql.unlock();
    }
  }

  get #ends(): boolean {
    return this.#is(UNPLUG) && !this.#canRun;
  }

  #is(word: number): boolean {
    return Atomics.load(this.#words, word) !== 0;
  }

  /** QEMU: cpu_can_run. */
  get #canRun(): boolean {
    return !this.#is(STOP) && !this.#isStopped;
  }

  /** QEMU: cpu_is_stopped. */
  get #isStopped(): boolean {
    return this.#is(STOPPED) || Atomics.load(this.machine.words, VM_RUNNING) === 0;
  }

  /** Runs the program, without the BQL, until it halts or is kicked. QEMU: cpu_exec. */
  #execute(): void {
    const { bql } = this.thread;
    const words = this.#words;
    if (this.#is(HALTED)) {
      if (!this.#is(INTERRUPT)) return;
      Atomics.store(words, HALTED, 0);
    }
    bql.unlock();
    while (!this.exitRequested && !this.#is(HALTED)) {
      this.#module.default(this);
      Atomics.add(words, RUNS, 1);
    }
    bql.lock();
  }

  /** QEMU: cpu_thread_is_idle. */
  get #isIdle(): boolean {
    if (this.#is(STOP) || this.#is(UNPLUG) || !this.#work.isEmpty) return false;
    if (this.#isStopped) return true;
    return this.#is(HALTED) && !this.#is(INTERRUPT);
  }

  /** Sleeps while there is nothing to do, then does what others want. QEMU: qemu_wait_io_event. */
  #waitIoEvent(): void {
    const words = this.#words;
    this.thread.bql.condWaitWhile(this.#haltCond, () => this.#isIdle);
    // From here on a kick is for the next time.
    Atomics.store(words, EXIT_REQUEST, 0);
    Atomics.store(words, KICKED, 0);
    if (this.#is(STOP)) this.stop();
    this.#processWork();
  }

  /** It stops. QEMU: qemu_cpu_stop. @internal */
  stop(): void {
    Atomics.store(this.#words, STOP, 0);
    Atomics.store(this.#words, STOPPED, 1);
    this.#pauseCond.broadcast();
  }

  /** Its thread ends: nobody is to wait for it any more. @internal */
  end(): void {
    Atomics.store(this.#words, ENDED, 1);
    this.stop();
    this.#workCond.broadcast();
  }

  /** QEMU: process_queued_cpu_work. */
  #processWork(): void {
    if (this.#work.isEmpty) return;
    try {
      for (let work = this.#work.first(); work !== null; work = this.#work.first()) {
        try {
          this.call(work.name, work.numbers);
        } finally {
          this.#work.done();
        }
      }
    } finally {
      this.#workCond.broadcast();
    }
  }
}

export async function runVCpu(self: ThreadSelf, job: VCpuJob): Promise<void> {
  const module = (await exportsOf(job.module)) as unknown as VCpuModule;
  checkFunction(module.default, `VCpu: the default export of ${job.module}`);
  const cpu = new VCpuSelf(self.host, job, module);
  self.onExit = () => {
    cpu.thread.giveBackLocks();
    cpu.end();
  };
  self.tellRunning(null);
  cpu.run();
}
