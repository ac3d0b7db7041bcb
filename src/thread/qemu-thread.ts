import { goneSince } from '../aio/abort.ts';
import { AioContext, notItsHome } from '../aio/aio-context.ts';
import { PROFILES, type Profile } from '../aio/profile.ts';
import { checkObject, checkOptions, checkString } from '../host/arguments.ts';
import type { Host } from '../host/host.ts';
import { anObject, anything, aString, aTracer, checkShape, type Shape } from '../host/shape.ts';
import { Tracer } from '../trace/tracer.ts';
import { AioWait } from './aio-wait.ts';
import { ContextLock } from './context-lock.ts';
import { GlobalLock } from './global-lock.ts';
import { ENTER_CO, POLL_MAIN } from './lender.ts';
import type { MachineState } from './machine-state.ts';
import type { RemoteContext } from './remote-context.ts';
import type { VCpuSelf } from './vcpu/vcpu-run.ts';

export interface QemuThreadOptions {
  /** This thread's view of its machine. */
  readonly machine: MachineState;
  readonly name: string;
  /** The context that this thread runs. Main's runs in whichever thread holds the BQL: it has none. */
  readonly context?: AioContext | undefined;
  /** The vCPU whose thread it is. */
  readonly vcpu?: VCpuSelf | undefined;
  /** Takes the events of its locks; by default nobody does. */
  readonly trace?: Tracer | undefined;
}

const OPTIONS: Shape<QemuThreadOptions> = {
  machine: anything,
  name: aString,
  context: anObject('an AioContext', 'newBottomHalf'),
  vcpu: anything,
  trace: aTracer,
};

/**
 * A JavaScript thread of a machine: the main thread, an IOThread, a vCPU, or any other Worker. Each
 * has one, and passes it on explicitly. QEMU: QemuThread, with what it keeps per thread.
 */
export class QemuThread {
  readonly machine: MachineState;
  readonly name: string;
  /** Its number in the machine, in the order in which threads came; main has 1. */
  readonly id: number;
  readonly host: Host;
  readonly trace: Tracer;
  /** The BQL, as this thread takes it. */
  readonly bql: GlobalLock;
  /** QEMU: global_aio_wait. */
  readonly aioWait: AioWait;
  readonly #locks = new WeakMap<AioContext | RemoteContext, ContextLock>();
  readonly #held = new Set<ContextLock>();
  readonly #profile: Profile;
  /** The context that this thread runs; null if it runs none of its own. QEMU: my_aiocontext. */
  readonly context: AioContext | null;
  /** The vCPU whose thread it is; null if it is another's. QEMU: current_cpu. */
  readonly vcpu: VCpuSelf | null;

  /** @throws TypeError if the name is not a string; Error if the machine has a thread here already */
  constructor(options: QemuThreadOptions) {
    checkOptions(options, 'QemuThread', { machine: 'a MachineState' });
    const { machine, name, context = null } = options;
    checkString(name, "QemuThread: option 'name'");
    checkShape(options, 'QemuThread', OPTIONS);
    this.machine = machine;
    this.name = name;
    this.host = machine.host;
    this.trace = options.trace ?? new Tracer();
    this.context = context;
    this.vcpu = options.vcpu ?? null;
    this.id = machine.addThread(this);
    const { memory, qemu } = machine.handle;
    this.#profile = PROFILES[qemu];
    this.bql = new GlobalLock(memory, this, machine.lender, qemu);
    this.aioWait = new AioWait(this);
    if (machine.mainContext !== null)
      this.bql.serve = (kind, argument) => this.#serve(kind, argument);
  }

  /** QEMU: qemu_mutex_iothread_locked. */
  get holdsBql(): boolean {
    return this.bql.isMine;
  }

  /**
   * Whether it may do what only the main thread may: whether it holds the BQL, as in QEMU. QEMU:
   * qemu_in_main_thread.
   */
  get inMainThread(): boolean {
    return this.bql.isMine;
  }

  /**
   * The context whose work this thread may do: its own; else main's if it is the main thread, or holds
   * the BQL; else null. QEMU: qemu_get_current_aio_context.
   */
  get currentContext(): AioContext | RemoteContext | null {
    if (this.context !== null) return this.context;
    const { mainContext, main } = this.machine;
    if (mainContext !== null) return mainContext;
    return this.bql.isMine ? main : null;
  }

  /**
   * Whether a context is the current one, by whichever object it is named. QEMU:
   * in_aio_context_home_thread.
   */
  runs(context: AioContext | RemoteContext): boolean {
    const { currentContext } = this;
    if (currentContext === null) return false;
    return context === currentContext || wakeFdOf(context) === wakeFdOf(currentContext);
  }

  /**
   * aio_poll of main's context: main makes the round, with this thread's BQL. May return false early
   * even if it may sleep. QEMU: aio_poll.
   * @throws QemuAbort if this thread has a context of its own, or does not hold the BQL; Error if
   *   what main calls throws, which comes out of main's loop
   */
  pollMain(blocking: boolean): boolean {
    const { mainContext, main, lender } = this.machine;
    if (mainContext !== null) return mainContext.poll(blocking);
    if (main === null || !this.runs(main)) throw notItsHome();
    return lender.ask(POLL_MAIN, blocking ? 1 : 0) !== 0;
  }

  /** Enters a coroutine of main's, in main. This thread holds the BQL, and has no own context. @internal */
  enterInMain(coroutine: number): void {
    this.machine.lender.ask(ENTER_CO, coroutine);
  }

  /** Enters a coroutine of main's by its number; set by main's SharedCoroutines. @internal */
  enterCo: ((number: number) => void) | null = null;

  #serve(kind: number, argument: number): number {
    if (kind === POLL_MAIN) return this.machine.mainContext!.poll(argument !== 0) ? 1 : 0;
    this.enterCo!(argument);
    return 0;
  }

  /**
   * Takes a context's lock. It is recursive. QEMU: aio_context_acquire.
   * @throws QemuAbort in a machine of QEMU 11, which has no such lock
   */
  acquire(context: AioContext | RemoteContext): void {
    if (!this.#profile.hasContextLock) throw goneSince('9.0', 'aio_context_acquire');
    this.lockOf(context).acquire();
  }

  /** @throws QemuAbort if this thread does not hold it, or QEMU 11 is asked for. QEMU: aio_context_release. */
  release(context: AioContext | RemoteContext): void {
    if (!this.#profile.hasContextLock) throw goneSince('9.0', 'aio_context_release');
    this.lockOf(context).release();
  }

  /** Takes a context's lock as 7.2 does around a coroutine; QEMU 11 has none to take. @internal */
  beginCoroutine(context: AioContext): void {
    if (this.#profile.hasContextLock) this.lockOf(context).acquire();
  }

  /** @internal */
  endCoroutine(context: AioContext): void {
    if (this.#profile.hasContextLock) this.lockOf(context).release();
  }

  /**
   * It ends by an error, and the others are to go on: their thread would wait for its locks for ever.
   * @internal
   */
  giveBackLocks(): void {
    for (const lock of this.#held) while (lock.depth > 0) lock.release();
    if (this.bql.isMine) this.bql.unlock();
  }

  /** The lock of a context, as this thread takes it. */
  lockOf(context: AioContext | RemoteContext): ContextLock {
    let lock = this.#locks.get(context);
    if (lock === undefined) {
      checkObject(context, "a context's lock: the context", 'an AioContext or a RemoteContext');
      const handle = context instanceof AioContext ? context.share() : context.handle;
      lock = new ContextLock(handle, this, this.#held);
      this.#locks.set(context, lock);
    }
    return lock;
  }
}

/** A context's descriptor, which tells it from all others. */
function wakeFdOf(context: AioContext | RemoteContext): number {
  return context instanceof AioContext ? context.wakeFd : context.handle.wakeFd;
}
