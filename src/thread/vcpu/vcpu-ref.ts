import { checkObject } from '../../host/arguments.ts';
import { WORK_COND } from '../machine-words.ts';
import { QemuCond } from '../qemu-cond.ts';
import type { QemuThread } from '../qemu-thread.ts';
import { STOPPED } from './vcpu-rows.ts';
import { haltCondOf, isOwn, kickCpu } from './vcpu-stop.ts';
import { ENDED, HALTED, INTERRUPT, type VCpuHandle } from './vcpu-words.ts';
import { WorkQueue } from './work-queue.ts';

/** A vCPU as any thread of its machine sees it. */
export class VCpuRef {
  readonly name: string;
  readonly handle: VCpuHandle;
  readonly #thread: QemuThread;
  readonly #words: Int32Array;
  readonly #work: WorkQueue;
  readonly #haltCond: QemuCond;
  readonly #workCond: QemuCond;

  /** @throws TypeError if the handle is not a vCPU's */
  constructor(handle: VCpuHandle, thread: QemuThread) {
    checkObject(handle, 'VCpuRef: the handle', 'a result of VCpu.share');
    const { words } = handle;
    this.name = handle.name;
    this.handle = handle;
    this.#thread = thread;
    this.#words = words;
    this.#work = new WorkQueue(words, thread.host);
    this.#haltCond = haltCondOf(handle.row, thread.host);
    const { machine } = thread;
    this.#workCond = new QemuCond(thread.host, { words: machine.words.subarray(WORK_COND) });
  }

  /** Whether this is the vCPU's own thread. QEMU: qemu_cpu_is_self. */
  get isSelf(): boolean {
    return !this.#ended && isOwn(this.handle.row, this.#thread);
  }

  /** Whether it does not run since it was told to stop. QEMU: cpu->stopped. */
  get stopped(): boolean {
    return this.#ended || Atomics.load(this.handle.row, STOPPED) !== 0;
  }

  /** Whether it waits for an interrupt. QEMU: cpu->halted. */
  get halted(): boolean {
    return Atomics.load(this.#words, HALTED) !== 0;
  }

  /**
   * Makes it leave its program, or its sleep, and look for what it has to do: by a word, and by a
   * signal that ends a system call of its thread. QEMU: qemu_cpu_kick.
   */
  kick(): void {
    // Its row may be another one's by now.
    if (!this.#ended) kickCpu(this.handle.row, this.#thread, this.#haltCond);
  }

  get #ended(): boolean {
    return Atomics.load(this.#words, ENDED) !== 0;
  }

  /** Wakes it if it is halted: an interrupt. QEMU: cpu_interrupt. */
  interrupt(mask = 1): void {
    Atomics.or(this.#words, INTERRUPT, mask);
    if (!this.isSelf) this.kick();
  }

  /**
   * Calls a function of its module's `work` in its thread, with the BQL, and waits for its end;
   * meanwhile the BQL is given back. In its own thread it calls it here and now.
   * @throws QemuAbort if this thread does not hold the BQL; RangeError if the name is too long or
   *   there are more than six numbers; what the function throws, which ends the vCPU: as it is in main,
   *   in another thread an Error that says so; Error if the vCPU has ended. QEMU: run_on_cpu.
   */
  runOnCpu(name: string, ...numbers: number[]): void {
    if (this.isSelf) {
      this.#thread.vcpu!.call(name, numbers);
      return;
    }
    const { bql } = this.#thread;
    let item = -1;
    bql.condWaitWhile(this.#workCond, () => {
      this.#checkRuns();
      item = this.#work.put(name, numbers);
      this.kick();
      return item < 0;
    });
    bql.condWaitWhile(this.#workCond, () => {
      if (this.#work.isDone(item) || this.#work.hasFailed(item)) return false;
      this.#checkRuns();
      return true;
    });
    if (this.#work.hasFailed(item)) throw this.failureOf(name);
  }

  /** The error of a function of its work that has thrown, which ends its thread. @internal */
  protected failureOf(work: string): Error {
    return new Error(
      `vCPU '${this.name}': its work '${work}' has thrown: main's loop throws the error`,
    );
  }

  #checkRuns(): void {
    if (this.#ended) throw new Error(`vCPU '${this.name}' has ended`);
  }

  /**
   * As runOnCpu, without waiting, and from any thread.
   * @throws RangeError as runOnCpu; Error if 128 calls wait already. QEMU: async_run_on_cpu.
   */
  asyncRunOnCpu(name: string, ...numbers: number[]): void {
    this.#put(name, numbers, false);
  }

  /**
   * As asyncRunOnCpu, without the BQL, and while no other vCPU is in its program: see
   * VCpuSelf.startExclusive. QEMU: async_safe_run_on_cpu.
   */
  asyncSafeRunOnCpu(name: string, ...numbers: number[]): void {
    this.#put(name, numbers, true);
  }

  #put(name: string, numbers: readonly number[], alone: boolean): void {
    this.#checkRuns();
    if (this.#work.put(name, numbers, alone) < 0) {
      throw new Error(`vCPU '${this.name}': too many calls wait already`);
    }
    this.kick();
  }
}
