import { checkOptions } from '../../host/arguments.ts';
import { check } from '../../host/errno.ts';
import { type Disposable, newSigAction, type SigAction } from '../../host/host.ts';
import { anything, checkShape, type Shape } from '../../host/shape.ts';
import type { MachineState } from '../machine-state.ts';
import { MAIN_TASKS, TASK_STOP, TASK_TELL, VM_RUNNING } from '../machine-words.ts';
import type { VCpu } from './vcpu.ts';
import { VmRef } from './vm-ref.ts';

export interface VmOptions {
  readonly machine: MachineState;
}

const OPTIONS: Shape<VmOptions> = { machine: anything };

/** Called when the machine starts or stops, with whether it runs. QEMU: VMChangeStateHandler. */
export type VmStateHandler = (running: boolean) => void;

/**
 * The vCPUs of a machine, and whether it runs. All calls are made in the main thread, with the BQL;
 * other threads have a VmRef.
 */
export class Vm extends VmRef implements Disposable {
  readonly #cpus: VCpu[] = [];
  readonly #handlers = new Set<VmStateHandler>();
  readonly #requests: Disposable;
  /** By signal: what it was before it was caught for kicks. */
  readonly #caught = new Map<number, SigAction>();

  /** @throws TypeError if the machine has no main loop in this thread */
  constructor(options: VmOptions) {
    checkOptions(options, 'Vm', { machine: 'a MachineState' });
    checkShape(options, 'Vm', OPTIONS);
    const { machine } = options;
    if (machine.loop === null)
      throw new TypeError('Vm: the machine has no main loop in this thread');
    super(machine.thread);
    // QEMU: main_loop_should_exit, before each main_loop_wait.
    this.#requests = machine.loop.addPollNotifier(({ state }) => {
      if (state === 'FILL') this.#serve();
    });
  }

  /** Does what other threads have asked for. */
  #serve(): void {
    const { words } = this.machine;
    const tasks = Atomics.load(words, MAIN_TASKS) & (TASK_STOP | TASK_TELL);
    if (tasks === 0) return;
    Atomics.and(words, MAIN_TASKS, ~tasks);
    if ((tasks & TASK_TELL) !== 0) this.#tell(false);
    if ((tasks & TASK_STOP) !== 0) this.stop();
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

  /**
   * Starts the virtual clock and the vCPUs; does nothing if they run. A stop that a vCPU has asked for,
   * and main has not done yet, is dropped. QEMU: vm_start.
   */
  start(): void {
    Atomics.and(this.machine.words, MAIN_TASKS, ~TASK_STOP);
    this.#serve();
    if (this.running) return;
    Atomics.store(this.machine.words, VM_RUNNING, 1);
    this.#tell(true);
    this.resumeAllVcpus();
  }

  /**
   * Stops the virtual clock and the vCPUs, and blocks until all have stopped; does nothing if they
   * have. QEMU: vm_stop.
   */
  override stop(): void {
    if (this.stopMachine()) this.#tell(false);
  }

  /** Ends all vCPUs. */
  dispose(): void {
    for (const cpu of [...this.#cpus]) cpu.dispose();
    this.#requests.dispose();
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
