import { checkOptions, checkString } from '../../host/arguments.ts';
import { SIGUSR2 } from '../../host/constants.ts';
import type { Disposable } from '../../host/host.ts';
import {
  aFunction,
  anArray,
  anInteger,
  anything,
  aString,
  checkShape,
  type Shape,
} from '../../host/shape.ts';
import { moduleUrl } from '../module-url.ts';
import type { ThreadRun } from '../thread-run.ts';
import { VCpuRef } from './vcpu-ref.ts';
import { ROW_ENDED, ROW_FREE, ROW_RUNS, ROW_STARTS, STATE, STOP, takeRow } from './vcpu-rows.ts';
import type { VCpuJob } from './vcpu-run.ts';
import { newVCpuWords, UNPLUG, type VCpuHandle } from './vcpu-words.ts';
import type { Vm } from './vm.ts';

export interface VCpuOptions {
  readonly vm: Vm;
  readonly name: string;
  /** A module, as the URL or the absolute path of its file: see VCpuModule. */
  readonly module: string | URL;
  /** Copied to its program, by structured clone. */
  readonly data?: unknown;
  /** The objects in `data` that leave this thread. */
  readonly transfer?: readonly object[] | undefined;
  /**
   * The signal by which a kick ends a system call of its thread; 0 for none. By default SIGUSR2:
   * QEMU's SIG_IPI is SIGUSR1, which Node uses itself.
   */
  readonly signal?: number | undefined;
  /** Gets the error that ended the thread; by default it is thrown in this thread. */
  readonly onError?: ((error: Error) => void) | undefined;
}

const OPTIONS: Shape<VCpuOptions> = {
  vm: anything,
  name: aString,
  module: anything,
  signal: anInteger(0, 64),
  data: anything,
  transfer: anArray('an array of objects'),
  onError: aFunction,
};

/** A vCPU: a thread that runs a program while the machine runs. QEMU: CPUState. */
export class VCpu extends VCpuRef implements Disposable {
  readonly #vm: Vm;
  readonly #run: ThreadRun;
  readonly #words: Int32Array;

  /**
   * Starts its thread, and blocks until it runs. It is stopped until the machine is started.
   * @throws TypeError, RangeError for wrong options; HostError if no thread can be made; what its
   *   module throws. QEMU: qemu_init_vcpu.
   */
  constructor(options: VCpuOptions) {
    checkOptions(options, 'VCpu', { vm: 'a Vm' });
    const { vm, name, data, transfer, signal = SIGUSR2 } = options;
    const { machine } = vm;
    checkString(name, "VCpu: option 'name'");
    checkShape(options, 'VCpu', OPTIONS);
    const module = moduleUrl(options.module, "VCpu: option 'module'");
    const words = newVCpuWords();
    const row = takeRow(machine.handle.vcpus, signal, !vm.running);
    const handle: VCpuHandle = { kind: 'vcpu', name, words, row };
    super(handle, machine.thread);
    this.#vm = vm;
    this.#words = words;
    if (signal !== 0) vm.catchSignal(signal);
    const job: VCpuJob = { machine: machine.share(), cpu: handle, module, data };
    this.#run = machine.workers.start({ kind: 'vcpu', name, options: job, transfer });
    this.#run.onError = options.onError ?? null;
    this.#run.wake = () => this.kick();
    // Nobody is to wait for it to stop. If it ends in order, its thread says so itself.
    this.#run.onLost = () => Atomics.store(row, STATE, ROW_ENDED);
    try {
      machine.workers.waitRunning(this.#run);
    } catch (error) {
      Atomics.store(row, STATE, ROW_FREE);
      throw error;
    }
    Atomics.compareExchange(row, STATE, ROW_STARTS, ROW_RUNS);
    vm.add(this);
  }

  /** Whether its thread runs. */
  get running(): boolean {
    return !this.#run.ended;
  }

  /** As gettid. */
  get threadId(): number {
    return this.#run.words.tid;
  }

  share(): VCpuHandle {
    return this.handle;
  }

  /**
   * Ends its thread after the work that waits, and blocks until it has ended; the BQL is given back
   * meanwhile. Does nothing if it has.
   * @throws the error that ended the thread, unless somebody has got it. QEMU: cpu_remove_sync.
   */
  dispose(): void {
    if (!this.#vm.remove(this)) return;
    Atomics.store(this.#words, UNPLUG, 1);
    Atomics.store(this.handle.row, STOP, 1);
    this.kick();
    this.#join();
    this.#run.onLost = null;
    Atomics.store(this.handle.row, STATE, ROW_FREE);
    this.#run.check();
  }

  /** Its thread ends, and may need the BQL for that. */
  #join(): void {
    const { machine } = this.#vm;
    const { bql } = machine.thread;
    const held = bql.isMine;
    if (held) bql.unlock();
    try {
      machine.workers.join(this.#run);
    } finally {
      if (held) bql.lock();
    }
  }

  /** The error itself: it comes out of the call, and so not of main's loop. @internal */
  protected override failureOf(work: string): Error {
    this.#join();
    return this.#run.takeFailure() ?? super.failureOf(work);
  }
}
