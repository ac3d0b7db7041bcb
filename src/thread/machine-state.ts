import type { AioContext } from '../aio/aio-context.ts';
import type { BottomHalf } from '../aio/bottom-half.ts';
import { QEMU_CLOCK_VIRTUAL } from '../aio/clock.ts';
import type { BottomHalfHandle, ContextHandle } from '../aio/handles.ts';
import { DEFAULT_QEMU, type QemuVersion } from '../aio/profile.ts';
import { CHUNK_BYTES } from '../aio/wake/shared-words.ts';
import { checkOptions } from '../host/arguments.ts';
import { CLOCK_MONOTONIC } from '../host/constants.ts';
import type { Disposable, Host } from '../host/host.ts';
import { aBoolean, anObject, anything, aTracer, checkShape, type Shape } from '../host/shape.ts';
import type { MainLoop } from '../mainloop/main-loop.ts';
import type { Tracer } from '../trace/tracer.ts';
import { newCoRecords } from './co/co-records.ts';
import { Lender } from './lender.ts';
import { type LockMemory, newLockMemory } from './lock-code.ts';
import { MachineClock } from './machine-clock.ts';
import {
  BQL_FAIR,
  LAST_THREAD,
  MACHINE_WORDS,
  MAIN_TASKS,
  MOST_CONTEXTS,
  TASK_WAKE,
} from './machine-words.ts';
import { QemuThread } from './qemu-thread.ts';
import { RemoteBottomHalf } from './remote-bottom-half.ts';
import { RemoteContext } from './remote-context.ts';
import type { SpareWorkers } from './spare-workers.ts';
import { newVCpuRows } from './vcpu/vcpu-rows.ts';
import { Workers } from './workers.ts';

export interface MachineStateOptions {
  /** The host of the main thread. */
  readonly host: Host;
  /**
   * The main loop. From now on it gives the BQL back while it polls.
   */
  readonly loop?: MainLoop | undefined;
  /** Whether the BQL serves in order; by default it does not, as in QEMU. */
  readonly fairLock?: boolean | undefined;
  /** The program of the Workers; by default that of Workers. @internal */
  readonly entry?: URL | undefined;
  /** @internal */
  readonly spare?: SpareWorkers | undefined;
  /** Takes this thread's events; in the main thread by default the loop's own tracer. */
  readonly trace?: Tracer | undefined;
}

const OPTIONS: Shape<MachineStateOptions> = {
  host: anything,
  loop: anObject('a MainLoop', 'setFdHandler', 'mainLoopWait'),
  fairLock: aBoolean,
  entry: anything,
  spare: anything,
  trace: aTracer,
};

/** The shared memory of a machine; structured clone takes it to another thread. */
export interface MachineHandle {
  /** The QEMU that its contexts behave as: that of the main loop. */
  readonly qemu: QemuVersion;
  readonly memory: LockMemory;
  /** The shared words of contexts whose coroutines other threads schedule. */
  readonly contexts: readonly SharedArrayBuffer[];
  /** The state of coroutines that several threads know. */
  readonly coroutines: Int32Array;
  /** The words by which vCPUs are stopped and kicked. */
  readonly vcpus: Int32Array;
  /** The main loop's context, and a bottom half of it that does nothing; null without a main loop. */
  readonly main: { readonly context: ContextHandle; readonly kick: BottomHalfHandle } | null;
}

/**
 * All that the threads of one machine share, as one of them sees it. It is made in the main thread,
 * which holds the BQL then; the others get its handle.
 *
 *     const machine = new MachineState({ host, loop });        // in the main thread
 *     new Worker(file, { workerData: machine.share() });
 *
 *     const machine = MachineState.from(workerData, host);     // in the other one
 *     const thread = new QemuThread({ machine, name: 'io0', context });
 */
export class MachineState implements Disposable {
  readonly host: Host;
  /** @internal */
  readonly words: Int32Array;
  /** The context of the main loop, in the thread that runs it; null in others. */
  readonly mainContext: AioContext | null;
  /** The context of the main loop, for any thread; null without a main loop. */
  readonly main: RemoteContext | null;
  /** @internal */
  readonly lender: Lender;
  /** The main loop, in the thread that runs it; null in others. */
  readonly loop: MainLoop | null;
  /** The MainLoopObject, if it was made. @internal */
  mainLoopObject: object | null = null;
  /** Runs the threads that this one starts. @internal */
  readonly workers: Workers;
  readonly #kickBh: BottomHalf | null;
  readonly #kick: RemoteBottomHalf | null;
  readonly #handle: MachineHandle;
  readonly #clock: MachineClock;
  /** Contexts of other threads, whose sleep ends when the virtual clock starts. @internal */
  readonly timed = new Set<RemoteContext>();
  #thread: QemuThread | null = null;

  /**
   * @throws TypeError if an option is missing or wrong
   * QEMU: qemu_init_cpu_loop.
   */
  constructor(options: MachineStateOptions);
  /** @internal */
  constructor(options: MachineStateOptions, handle: MachineHandle);
  constructor(options: MachineStateOptions, handle?: MachineHandle) {
    checkOptions(options, 'MachineState', { host: 'a Host' });
    checkShape(options, 'MachineState', OPTIONS);
    const { host, loop } = options;
    this.host = host;
    this.workers = new Workers({
      host,
      context: loop?.context,
      entry: options.entry,
      spare: options.spare,
    });
    this.loop = loop ?? null;
    this.mainContext = loop?.context ?? null;
    this.#kickBh = loop?.newBottomHalf('aio_wait_kick', () => this.#woken()) ?? null;
    this.#handle = handle ?? newHandle(options.fairLock ?? false, this.mainContext, this.#kickBh);
    this.words = wordsOf(this.#handle.memory);
    this.#clock = new MachineClock(this.words, host, () => this.#clockStarted());
    if (handle === undefined) loop?.clocks.share(this.#clock);
    const { main } = this.#handle;
    const remote = options.trace === undefined ? {} : { trace: options.trace };
    this.main = main && RemoteContext.from(main.context, host, remote);
    this.#kick = main && RemoteBottomHalf.from(main.kick, host, remote);
    this.lender = new Lender(this.words, host, () => this.main?.notify());
    if (handle === undefined) this.#beginMain(options.trace ?? loop?.trace);
  }

  #beginMain(trace: Tracer | undefined): void {
    const { bql } = new QemuThread({ machine: this, name: 'main', trace });
    bql.lock();
    if (this.loop !== null) this.loop.lock = bql;
  }

  /**
   * The machine of a handle, in another thread than the main one.
   * @param trace takes what this thread does to the main one; by default nobody does
   */
  static from(handle: MachineHandle, host: Host, trace?: Tracer): MachineState {
    checkOptions(handle, 'MachineState.from', { memory: 'the memory of a machine' });
    return new MachineState({ host, trace }, handle);
  }

  /** @internal */
  get handle(): MachineHandle {
    return this.#handle;
  }

  share(): MachineHandle {
    return this.#handle;
  }

  /**
   * The JavaScript thread in which this object is. In the main thread it is there from the start,
   * in others once it is made.
   * @throws Error if it is not made yet
   */
  get thread(): QemuThread {
    if (this.#thread === null) throw new Error('MachineState: this thread has no QemuThread yet');
    return this.#thread;
  }

  /** A thread comes. Returns its number. @internal */
  addThread(thread: QemuThread): number {
    if (this.#thread !== null) {
      throw new Error(`QemuThread '${thread.name}': this thread is '${this.#thread.name}' already`);
    }
    this.#thread = thread;
    if (thread.context !== null) thread.context.clocks.shared = this.#clock;
    return Atomics.add(this.words, LAST_THREAD, 1) + 1;
  }

  /**
   * Starts or stops QEMU_CLOCK_VIRTUAL in all threads, from any of them, with the BQL. @internal
   * @throws QemuAbort as Clocks.enable
   */
  enableVirtualClock(enabled: boolean): void {
    const clocks = this.loop?.clocks ?? this.#thread?.context?.clocks;
    if (clocks !== undefined) clocks.enable(QEMU_CLOCK_VIRTUAL, enabled);
    else if (this.#clock.enabled !== enabled) {
      this.#clock.set(enabled, this.host.clockNs(CLOCK_MONOTONIC));
    }
  }

  /** Only main knows all threads that have timers. */
  #clockStarted(): void {
    if (this.loop !== null) {
      for (const context of this.timed) context.notify();
      return;
    }
    Atomics.or(this.words, MAIN_TASKS, TASK_WAKE);
    this.wakeMain();
  }

  #woken(): void {
    if ((Atomics.load(this.words, MAIN_TASKS) & TASK_WAKE) === 0) return;
    Atomics.and(this.words, MAIN_TASKS, ~TASK_WAKE);
    this.#clockStarted();
  }

  /** Ends main's sleep, by a bottom half that does nothing else. @internal */
  wakeMain(): void {
    if (this.#kickBh !== null) this.#kickBh.schedule();
    else this.#kick?.schedule();
  }

  /** Gives the BQL back if this thread holds it; the loop runs without it from now on. */
  dispose(): void {
    if (this.loop !== null) this.loop.lock = null;
    this.#kickBh?.dispose();
    if (this.#thread?.holdsBql === true) this.#thread.bql.unlock();
    this.workers.dispose();
  }
}

function newHandle(
  fairLock: boolean,
  context: AioContext | null,
  kick: BottomHalf | null,
): MachineHandle {
  const memory = newLockMemory();
  wordsOf(memory)[BQL_FAIR] = fairLock ? 1 : 0;
  const chunk = (): SharedArrayBuffer => new SharedArrayBuffer(CHUNK_BYTES);
  const contexts = Array.from({ length: MOST_CONTEXTS }, chunk);
  context?.sharing(contexts[0]);
  const main = context && kick && { context: context.share(), kick: kick.share() };
  const qemu = context?.profile.qemu ?? DEFAULT_QEMU;
  return { qemu, memory, contexts, coroutines: newCoRecords(), vcpus: newVCpuRows(), main };
}

function wordsOf(memory: LockMemory): Int32Array {
  return new Int32Array(memory.buffer, 0, MACHINE_WORDS);
}
