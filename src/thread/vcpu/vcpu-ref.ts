import { checkObject } from '../../host/arguments.ts';
import { EAGAIN, ESRCH, HostError } from '../../host/errno.ts';
import { WORK_COND } from '../machine-words.ts';
import { QemuCond } from '../qemu-cond.ts';
import type { QemuThread } from '../qemu-thread.ts';
import {
  ENDED,
  EXIT_REQUEST,
  HALT_COND,
  HALTED,
  INTERRUPT,
  KICKED,
  STOPPED,
  TID,
  type VCpuHandle,
} from './vcpu-words.ts';
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
    this.#haltCond = new QemuCond(thread.host, { words: words.subarray(HALT_COND) });
    const { machine } = thread;
    this.#workCond = new QemuCond(thread.host, { words: machine.words.subarray(WORK_COND) });
  }

  /** Whether this is the vCPU's own thread. QEMU: qemu_cpu_is_self. */
  get isSelf(): boolean {
    const own = this.#thread.vcpu?.handle.words;
    // Each clone of a handle has an array of its own.
    return own !== undefined && Atomics.load(own, TID) === Atomics.load(this.#words, TID);
  }

  /** Whether it does not run since it was told to stop. QEMU: cpu->stopped. */
  get stopped(): boolean {
    return Atomics.load(this.#words, STOPPED) !== 0;
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
    const words = this.#words;
    Atomics.store(words, EXIT_REQUEST, 1);
    this.#haltCond.broadcast();
    if (this.isSelf || Atomics.exchange(words, KICKED, 1) !== 0) return;
    this.#signal();
  }

  #signal(): void {
    const { host } = this.#thread;
    const { signal } = this.handle;
    const tid = Atomics.load(this.#words, TID);
    if (signal === 0 || tid === 0) return;
    const ret = host.tgkill(host.getpid(), tid, signal);
    if (ret < 0 && ret !== -ESRCH && ret !== -EAGAIN) throw new HostError(ret, 'qemu_cpu_kick');
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
   *   there are more than six numbers. QEMU: run_on_cpu.
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
      if (this.#work.isDone(item)) return false;
      this.#checkRuns();
      return true;
    });
  }

  #checkRuns(): void {
    if (Atomics.load(this.#words, ENDED) !== 0) throw new Error(`vCPU '${this.name}' has ended`);
  }

  /**
   * As runOnCpu, without waiting, and from any thread.
   * @throws RangeError as runOnCpu; Error if 128 calls wait already. QEMU: async_run_on_cpu.
   */
  asyncRunOnCpu(name: string, ...numbers: number[]): void {
    this.#checkRuns();
    if (this.#work.put(name, numbers) < 0) {
      throw new Error(`vCPU '${this.name}': too many calls wait already`);
    }
    this.kick();
  }
}
