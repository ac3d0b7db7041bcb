/** The thread of a vCPU. */

import { checkFunction } from '../../host/arguments.ts';
import type { Host } from '../../host/host.ts';
import { type MachineHandle, MachineState } from '../machine-state.ts';
import { VM_RUNNING, WORK_COND } from '../machine-words.ts';
import { exportsOf } from '../module-url.ts';
import { QemuCond } from '../qemu-cond.ts';
import { QemuThread } from '../qemu-thread.ts';
import type { ThreadSelf } from '../thread-entry.ts';
import { threadTracer } from '../trace-clock.ts';
import { Exclusive } from './exclusive.ts';
import { ExclusiveTrace } from './exclusive-trace.ts';
import { VCpuRef } from './vcpu-ref.ts';
import {
  EXIT_REQUEST,
  KICKED,
  ROW_ENDED,
  ROW_WORDS,
  STATE,
  STOP,
  STOPPED,
  THREAD,
  TID,
} from './vcpu-rows.ts';
import { haltCondOf, haveStopped, kickCpu } from './vcpu-stop.ts';
import { ENDED, HALTED, INTERRUPT, RUNS, UNPLUG, type VCpuHandle } from './vcpu-words.ts';
import { VmRef } from './vm-ref.ts';
import { type Work, WorkQueue } from './work-queue.ts';

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
  /** The vCPUs of the machine: this one and all others. */
  readonly vm: VmRef;
  readonly #words: Int32Array;
  readonly #row: Int32Array;
  readonly #module: VCpuModule;
  readonly #work: WorkQueue;
  readonly #haltCond: QemuCond;
  readonly #workCond: QemuCond;
  readonly #exclusive: Exclusive;

  /** @internal */
  constructor(host: Host, job: VCpuJob, module: VCpuModule) {
    const { words, row, name } = job.cpu;
    this.name = name;
    this.host = host;
    const trace = threadTracer(host);
    this.machine = MachineState.from(job.machine, host, trace);
    this.thread = new QemuThread({ machine: this.machine, name, vcpu: this, trace });
    this.data = job.data;
    this.handle = job.cpu;
    this.#words = words;
    this.#row = row;
    this.vm = new VmRef(this.thread);
    this.#module = module;
    this.#work = new WorkQueue(words, host);
    this.#haltCond = haltCondOf(row, host);
    this.#workCond = new QemuCond(host, { words: this.machine.words.subarray(WORK_COND) });
    const { words: shared } = this.machine;
    const { vcpus: rows } = this.machine.handle;
    this.#exclusive = new Exclusive({
      host,
      words: shared,
      rows,
      rowsEnd: rows.length,
      own: row.byteOffset / row.BYTES_PER_ELEMENT,
      trace: new ExclusiveTrace(shared, rows, this.thread.id, trace),
      kick: (at) => kickCpu(rows.subarray(at, at + ROW_WORDS), this.thread),
    });
    Atomics.store(row, THREAD, this.thread.id);
    Atomics.store(row, TID, host.gettid());
  }

  /**
   * Whether the program is to return soon: it was kicked. A program that runs long looks at it. QEMU:
   * cpu->exit_request.
   */
  get exitRequested(): boolean {
    return Atomics.load(this.#row, EXIT_REQUEST) !== 0;
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

  /**
   * Waits until no other vCPU is in its program; none goes on before endExclusive. This one may be in its
   * program, or in work without the BQL.
   * @throws Error if it holds the BQL, which another vCPU may need to leave its program, or is alone
   *   already. QEMU: start_exclusive.
   */
  startExclusive(): void {
    if (this.thread.holdsBql) throw this.#notNow('start_exclusive', 'holds the BQL');
    if (this.#exclusive.isAlone) throw this.#notNow('start_exclusive', 'is alone already');
    this.#exclusive.start();
  }

  /** @throws Error if startExclusive was not called before. QEMU: end_exclusive. */
  endExclusive(): void {
    if (!this.#exclusive.isAlone) throw this.#notNow('end_exclusive', 'is not alone');
    this.#exclusive.end();
  }

  #notNow(call: string, why: string): Error {
    return new Error(`${call}: vCPU '${this.name}' ${why}`);
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

  get #isToStop(): boolean {
    return Atomics.load(this.#row, STOP) !== 0;
  }

  /** QEMU: cpu_can_run. */
  get #canRun(): boolean {
    return !this.#isToStop && !this.#isStopped;
  }

  /** QEMU: cpu_is_stopped. */
  get #isStopped(): boolean {
    return (
      Atomics.load(this.#row, STOPPED) !== 0 || Atomics.load(this.machine.words, VM_RUNNING) === 0
    );
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
    this.#exclusive.execStart();
    try {
      while (!this.exitRequested && !this.#is(HALTED)) {
        this.#module.default(this);
        Atomics.add(words, RUNS, 1);
      }
    } finally {
      this.#exclusive.leave();
    }
    bql.lock();
  }

  /** QEMU: cpu_thread_is_idle. */
  get #isIdle(): boolean {
    if (this.#isToStop || this.#is(UNPLUG) || !this.#work.isEmpty) return false;
    if (this.#isStopped) return true;
    return this.#is(HALTED) && !this.#is(INTERRUPT);
  }

  /** Sleeps while there is nothing to do, then does what others want. QEMU: qemu_wait_io_event. */
  #waitIoEvent(): void {
    const row = this.#row;
    this.thread.bql.condWaitWhile(this.#haltCond, () => this.#isIdle);
    // From here on a kick is for the next time.
    Atomics.store(row, EXIT_REQUEST, 0);
    Atomics.store(row, KICKED, 0);
    if (this.#isToStop) haveStopped(row, this.thread);
    this.#processWork();
  }

  /** Its thread ends: nobody is to wait for it any more. @internal */
  end(): void {
    this.#exclusive.leave();
    Atomics.store(this.#words, ENDED, 1);
    Atomics.store(this.#row, STATE, ROW_ENDED);
    haveStopped(this.#row, this.thread);
    this.#workCond.broadcast();
  }

  /** QEMU: process_queued_cpu_work. */
  #processWork(): void {
    if (this.#work.isEmpty) return;
    try {
      for (let work = this.#work.first(); work !== null; work = this.#work.first()) {
        if (work.alone) this.#callAlone(work);
        else this.call(work.name, work.numbers);
        this.#work.done();
      }
    } catch (error) {
      this.#work.failed();
      throw error;
    } finally {
      this.#workCond.broadcast();
    }
  }

  /** Without the BQL: the others may need it to leave their programs. */
  #callAlone({ name, numbers }: Work): void {
    const { bql } = this.thread;
    bql.unlock();
    try {
      this.startExclusive();
      this.call(name, numbers);
    } finally {
      this.#exclusive.leave();
      bql.lock();
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
