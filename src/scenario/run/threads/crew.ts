import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Clocks } from '../../../aio/clock.ts';
import type { BottomHalfHandle, TimerHandle } from '../../../aio/handles.ts';
import type { MemReentrancyGuard } from '../../../aio/reentrancy.ts';
import type { CoroutineSteps } from '../../../coroutine/coroutine.ts';
import type { ThreadPort } from '../../../host/sim/threads/ports.ts';
import type { SharedCoroutines } from '../../../thread/co/shared-coroutines.ts';
import type { MachineState } from '../../../thread/machine-state.ts';
import { type CondHandle, QemuCond } from '../../../thread/qemu-cond.ts';
import { RemoteBottomHalf } from '../../../thread/remote-bottom-half.ts';
import { RemoteContext } from '../../../thread/remote-context.ts';
import { RemoteTimer } from '../../../thread/remote-timer.ts';
import { VCpuRef } from '../../../thread/vcpu/vcpu-ref.ts';
import type { VCpuSelf } from '../../../thread/vcpu/vcpu-run.ts';
import type { VCpuHandle } from '../../../thread/vcpu/vcpu-words.ts';
import { VmRef } from '../../../thread/vcpu/vm-ref.ts';
import type { Scenario } from '../../model.ts';
import type { RequestDef } from '../../model-threads.ts';
import { CallQueue } from './call-queue.ts';
import type { CoHandles, Lent } from './lent.ts';
import type { SharedFds } from './shared-fds.ts';
import type { SharedRun } from './shared-run.ts';
import type { WorkData } from './thread-data.ts';

export interface CrewParts {
  readonly scenario: Scenario;
  /** The clocks of this thread. */
  readonly clocks: Clocks;
  /** The locks of coroutines; null until main has made them. */
  readonly locks: CoHandles | null;
  /** The handles of the file's conds, by name. */
  readonly conds: Readonly<Record<string, CondHandle>>;
  /** This thread's view of the machine. */
  readonly machine: MachineState;
  readonly shared: SharedRun;
  readonly fds: SharedFds;
  /** Gets a Lent of each other thread that has a context. */
  readonly port: ThreadPort | null;
}

/** The requests of a file to the pool of one context: see Requests. */
export interface RequestsLike {
  submit(def: RequestDef): void;
  submitOnly(def: RequestDef): void;
  submitCo(def: RequestDef): CoroutineSteps;
  cancel(name: string): void;
  ret(name: string): number;
  close(): void;
}

/** A thread with a context, as another one uses it. */
export interface Mate {
  readonly lent: Lent;
  readonly context: RemoteContext;
  readonly hold: RemoteBottomHalf;
  readonly round: RemoteBottomHalf;
  /** Asks it for something. */
  readonly queue: CallQueue;
  readonly calls: RemoteBottomHalf;
}

/** All threads of a run, as one of them sees them. */
export class Crew {
  readonly scenario: Scenario;
  readonly machine: MachineState;
  readonly shared: SharedRun;
  readonly fds: SharedFds;
  /** iothread_stop; null in threads other than main. */
  stop: ((name: string) => void) | null = null;
  /** Does the calls that others have made of this thread; null in a thread without a context. */
  answer: (() => void) | null = null;
  /** This vCPU; null in other threads. */
  vcpu: VCpuSelf | null = null;
  /** Stops and starts the vCPUs; null in a file without any. */
  vm: VmRef | null = null;
  readonly #cpus = new Map<string, VCpuRef>();
  /** This thread's thread pool; null in a thread without a context. */
  requests: RequestsLike | null = null;
  /** The run, as the workers of this thread's pool get it. */
  workData: Omit<WorkData, 'lents'> | null = null;
  /** The coroutines that all threads know; set before any is made. */
  co: SharedCoroutines | null = null;
  locks: CoHandles | null;
  readonly #clocks: Clocks;
  readonly #conds: Readonly<Record<string, CondHandle>>;
  readonly #port: ThreadPort | null;
  readonly #mates = new Map<string, Mate>();

  constructor(parts: CrewParts) {
    this.scenario = parts.scenario;
    this.machine = parts.machine;
    this.shared = parts.shared;
    this.fds = parts.fds;
    this.#clocks = parts.clocks;
    this.locks = parts.locks;
    this.#conds = parts.conds;
    this.#port = parts.port;
    const { objects } = parts.scenario;
    const { mainContext, thread } = this.machine;
    // Main makes its own with the vCPUs.
    if (mainContext === null && objects.some(({ section }) => section === 'vcpus')) {
      this.vm = new VmRef(thread);
    }
  }

  /** A vCPU of the run. */
  cpu(name: string): VCpuRef {
    if (!this.#cpus.has(name)) this.#receive();
    const cpu = this.#cpus.get(name);
    if (cpu === undefined) throw new Error(`there is no vCPU '${name}' yet`);
    return cpu;
  }

  addCpu(handle: VCpuHandle): void {
    this.#cpus.set(handle.name, new VCpuRef(handle, this.machine.thread));
  }

  /** Takes what another thread has lent. */
  add(lent: Lent | VCpuHandle): void {
    if ('kind' in lent) {
      this.addCpu(lent);
      return;
    }
    const { host, thread } = this.machine;
    const { trace } = thread;
    this.#mates.set(lent.thread, {
      lent,
      context: RemoteContext.from(lent.context, host, { trace }),
      hold: RemoteBottomHalf.from(lent.hold, host, { trace }),
      round: RemoteBottomHalf.from(lent.round, host, { trace }),
      queue: new CallQueue(lent.queue),
      calls: RemoteBottomHalf.from(lent.calls, host, { trace }),
    });
  }

  /** A thread that has a context, this one included. */
  mate(name: string): Mate {
    const known = this.#mates.get(name);
    if (known !== undefined) return known;
    this.#receive();
    const found = this.#mates.get(name);
    if (found === undefined) throw new Error(`there is no context '${name}' yet`);
    return found;
  }

  /** The time of a clock, ns. */
  nowNs(type: number): number {
    return this.#clocks.nowNs(type);
  }

  cond(name: string): QemuCond {
    return new QemuCond(this.machine.host, this.#conds[name]);
  }

  /** A guard whose flag is a word of the file. */
  guard(word: string): MemReentrancyGuard {
    const { shared } = this;
    return {
      get engagedInIo(): boolean {
        return shared.get(word) !== 0;
      },
      set engagedInIo(engaged: boolean) {
        shared.put(word, engaged ? 1 : 0);
      },
    };
  }

  /** A bottom half of another thread, for this one. */
  remoteBh(handle: BottomHalfHandle): RemoteBottomHalf {
    const { host, thread } = this.machine;
    return RemoteBottomHalf.from(handle, host, { trace: thread.trace });
  }

  /** A timer of another thread, for this one. */
  remoteTimer(handle: TimerHandle): RemoteTimer {
    const { host, thread } = this.machine;
    return RemoteTimer.from(handle, host, { trace: thread.trace });
  }

  /** Takes nothing more from others. */
  close(): void {
    this.#port?.close();
  }

  #receive(): void {
    if (this.#port === null) return;
    const port = this.#port as unknown as MessagePort;
    for (;;) {
      const got = receiveMessageOnPort(port) as { message: Lent | VCpuHandle } | undefined;
      if (got === undefined) return;
      this.add(got.message);
    }
  }

  /** Schedules a bottom half's callback in its thread. Returns a function that tells if it is done. */
  startWaited(thread: string, name: string): () => boolean {
    const { waited, taken } = this.mate(thread).lent.oneshots[name]!;
    const word = taken.length - 1;
    Atomics.store(taken, word, 1);
    this.remoteBh(waited).schedule();
    return () => Atomics.load(taken, word) === 0;
  }

  /** This thread ends by an error, and the run with it. Wakes all that sleep for others, and main. */
  end(thread: string, error: unknown): void {
    this.shared.end(thread, error);
    if (this.machine.mainContext === null) this.notifyEvent();
  }

  /** All that the threads of the run have lent so far. */
  get lents(): readonly (Lent | VCpuHandle)[] {
    this.#receive();
    const cpus = [...this.#cpus.values()].map(({ handle }) => handle);
    return [...[...this.#mates.values()].map(({ lent }) => lent), ...cpus];
  }

  /** The context of a number of SharedCoroutines. */
  contextName(number: number): string {
    this.#receive();
    for (const { lent } of this.#mates.values()) if (lent.coContext === number) return lent.thread;
    return 'none';
  }

  /** qemu_notify_event. */
  notifyEvent(): void {
    this.remoteBh(this.mate('main').lent.notify!).schedule();
  }

  // Waiting for others

  /** Keeps a thread in a bottom half of its context. Returns when it stands there. */
  hold(name: string): void {
    this.mate(name).hold.schedule();
    this.shared.waitUntil(() => this.shared.isHeld(name));
  }

  /**
   * Waits until a thread has run all that is scheduled in its context now. A bottom half that comes
   * round three times has seen a whole round between the first and the last.
   */
  waitIdle(name: string): void {
    const { round } = this.mate(name);
    for (let i = 0; i < 3; i++) {
      const before = this.shared.rounds(name);
      round.schedule();
      this.shared.waitUntil(() => this.shared.rounds(name) !== before);
    }
  }

  /**
   * Waits until a thread sleeps in its loop. No thread tells that it falls asleep, so this looks; one that
   * is notified is about to wake up.
   */
  waitAsleep(name: string, pause: (ns: number) => void): void {
    const { context } = this.mate(name);
    while (context.notifyMe === 0 || context.notified) {
      this.shared.check();
      this.shared.onLook();
      pause(LOOK_NS);
    }
  }
}

const LOOK_NS = 50_000;
