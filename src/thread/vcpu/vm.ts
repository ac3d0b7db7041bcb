import { QEMU_CLOCK_VIRTUAL } from '../../aio/clock.ts';
import { checkOptions } from '../../host/arguments.ts';
import { check } from '../../host/errno.ts';
import { type Disposable, newSigAction, type SigAction } from '../../host/host.ts';
import { anything, checkShape, type Shape } from '../../host/shape.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import type { MachineState } from '../machine-state.ts';
import { PAUSE_COND, VM_RUNNING } from '../machine-words.ts';
import { QemuCond } from '../qemu-cond.ts';
import type { VCpu } from './vcpu.ts';

export interface VmOptions {
  readonly machine: MachineState;
}

const OPTIONS: Shape<VmOptions> = { machine: anything };

/** Called when the machine starts or stops, with whether it runs. QEMU: VMChangeStateHandler. */
export type VmStateHandler = (running: boolean) => void;

/**
 * The vCPUs of a machine, and whether it runs. All calls are made in the main thread, with the BQL.
 */
export class Vm implements Disposable {
  readonly machine: MachineState;
  readonly #loop: MainLoop;
  readonly #cpus: VCpu[] = [];
  readonly #handlers = new Set<VmStateHandler>();
  readonly #pauseCond: QemuCond;
  /** By signal: what it was before it was caught for kicks. */
  readonly #caught = new Map<number, SigAction>();

  /** @throws TypeError if the machine has no main loop in this thread */
  constructor(options: VmOptions) {
    checkOptions(options, 'Vm', { machine: 'a MachineState' });
    checkShape(options, 'Vm', OPTIONS);
    const { machine } = options;
    if (machine.loop === null)
      throw new TypeError('Vm: the machine has no main loop in this thread');
    this.machine = machine;
    this.#loop = machine.loop;
    const { host, words } = machine;
    this.#pauseCond = new QemuCond(host, { words: words.subarray(PAUSE_COND) });
  }

  /** QEMU: runstate_is_running. */
  get running(): boolean {
    return Atomics.load(this.machine.words, VM_RUNNING) !== 0;
  }

  get cpus(): readonly VCpu[] {
    return this.#cpus;
  }

  /**
   * Calls a function after each start and stop: those that were added first are called first at a start,
   * and last at a stop. QEMU: qemu_add_vm_change_state_handler.
   */
  onStateChange(handler: VmStateHandler): Disposable {
    this.#handlers.add(handler);
    return { dispose: () => void this.#handlers.delete(handler) };
  }

  /** Starts the virtual clock and the vCPUs; does nothing if they run. QEMU: vm_start. */
  start(): void {
    if (this.running) return;
    Atomics.store(this.machine.words, VM_RUNNING, 1);
    this.#tell(true);
    this.resumeAllVcpus();
  }

  /**
   * Stops the virtual clock and the vCPUs, and blocks until all have stopped; does nothing if they
   * have. QEMU: vm_stop.
   */
  stop(): void {
    if (!this.running) return;
    Atomics.store(this.machine.words, VM_RUNNING, 0);
    this.pauseAllVcpus();
    this.#tell(false);
  }

  /**
   * Stops the virtual clock, and blocks until no vCPU runs its program; the BQL is given back
   * meanwhile. QEMU: pause_all_vcpus.
   * @throws QemuAbort if this thread does not hold the BQL, or in a callback of a virtual timer
   */
  pauseAllVcpus(): void {
    const { bql } = this.machine.thread;
    this.#loop.clocks.enable(QEMU_CLOCK_VIRTUAL, false);
    for (const cpu of this.#cpus) cpu.requestStop();
    bql.condWaitWhile(this.#pauseCond, () => {
      const left = this.#cpus.filter((cpu) => !cpu.stopped && cpu.running);
      for (const cpu of left) cpu.kick();
      return left.length > 0;
    });
    // Threads that wait for it get it before the machine goes on.
    bql.unlock();
    bql.lock();
  }

  /** Starts the virtual clock and the vCPUs, if the machine runs. QEMU: resume_all_vcpus. */
  resumeAllVcpus(): void {
    if (!this.running) return;
    this.#loop.clocks.enable(QEMU_CLOCK_VIRTUAL, true);
    for (const cpu of this.#cpus) cpu.resume();
  }

  /** Ends all vCPUs. */
  dispose(): void {
    for (const cpu of [...this.#cpus]) cpu.dispose();
    for (const [signo, old] of this.#caught) this.machine.host.sigaction(signo, old, null);
    this.#caught.clear();
  }

  /** @internal */
  add(cpu: VCpu): void {
    this.#cpus.push(cpu);
  }

  /** Returns whether it was there. @internal */
  remove(cpu: VCpu): boolean {
    const at = this.#cpus.indexOf(cpu);
    if (at >= 0) this.#cpus.splice(at, 1);
    return at >= 0;
  }

  /** Makes a signal end system calls, and nothing else. @internal */
  catchSignal(signo: number): void {
    const { host } = this.machine;
    if (this.#caught.has(signo)) return;
    const old = newSigAction();
    const act = { ...newSigAction(), handler: host.handlerAddress };
    check(host.sigaction(signo, act, old), `sigaction of signal ${signo}`);
    this.#caught.set(signo, old);
  }

  #tell(running: boolean): void {
    const handlers = [...this.#handlers];
    for (const handler of running ? handlers : handlers.reverse()) handler(running);
  }
}
