import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Host } from '../../../host/host.ts';
import type { MainLoop } from '../../../mainloop/main-loop.ts';
import { IOThread } from '../../../thread/iothread.ts';
import { MachineState } from '../../../thread/machine-state.ts';
import { PlainThread } from '../../../thread/plain-thread.ts';
import { type CondHandle, QemuCond } from '../../../thread/qemu-cond.ts';
import { VCpu } from '../../../thread/vcpu/vcpu.ts';
import { Vm } from '../../../thread/vcpu/vm.ts';
import type { Scenario } from '../../model.ts';
import type { IothreadDef, ThreadDef } from '../../model-threads.ts';
import type { FailedCheck, LogEntry, RunLog } from '../order-log.ts';
import { quietly } from '../quietly.ts';
import type { World } from '../world.ts';
import { leaveOut } from './blind-inbox.ts';
import { Crew } from './crew.ts';
import { here } from './here.ts';
import type { Lent } from './lent.ts';
import { type PoolLane, Requests } from './requests.ts';
import { SharedFds } from './shared-fds.ts';
import { SharedLog } from './shared-log.ts';
import { SharedRun } from './shared-run.ts';
import { withStanding } from './standing.ts';
import type { ThreadData } from './thread-data.ts';
import { ThreadTraces } from './thread-traces.ts';

/** The parts of a run that its other threads need. */
export interface MainRun {
  readonly scenario: Scenario;
  readonly world: World;
  readonly host: Host;
  readonly failed: FailedCheck[];
  readonly elapsedNs: number;
  readonly whileBusy: () => void;
}

/** The threads of a run, for the one that starts and ends them. */
export class MainThreads {
  readonly crew: Crew;
  readonly log: RunLog;
  readonly traces: ThreadTraces;
  readonly #log = new SharedLog();
  readonly #run: MainRun;
  readonly #entries: LogEntry[] = [];
  readonly #tell: ((entry: LogEntry) => void) | null;
  readonly #shared: SharedRun;
  readonly #state: MachineState;
  readonly #fds: SharedFds;
  readonly #conds: Readonly<Record<string, CondHandle>>;
  readonly #iothreads = new Map<string, IOThread>();
  readonly #plain: PlainThread[] = [];
  readonly #cpus: VCpu[] = [];
  /** The run is over: main waits only for the ends of the others. */
  #closes = false;
  readonly #ports = new Map<string, MessagePort>();

  /** See ThreadedWorld. */
  static readonly make = (...args: ConstructorParameters<typeof MainThreads>): MainThreads =>
    new MainThreads(...args);

  constructor(run: MainRun, loop: MainLoop, tell: ((entry: LogEntry) => void) | null) {
    const { scenario, world, host } = run;
    this.#run = run;
    this.#tell = tell;
    this.log = {
      entries: this.#entries,
      push: (text, iteration) => {
        this.#log.push(0, text, iteration, run.elapsedNs);
        this.drain();
      },
    };
    world.shareClocks();
    this.#shared = new SharedRun(scenario, host, world.startNs);
    this.#shared.setNumber('main', 1);
    this.traces = new ThreadTraces(this.#shared.threads, loop.trace);
    this.#fds = new SharedFds(scenario);
    leaveOut(scenario, 'main', loop.context, this.#shared);
    this.#state = new MachineState({
      host,
      loop,
      entry: here('thread-entry'),
      spare: world.spare,
    });
    const conds = scenario.objects.filter(({ section }) => section === 'conds');
    this.#conds = Object.fromEntries(
      conds.map(({ name }) => [name, new QemuCond(host).share()] as const),
    );
    this.crew = new Crew({
      scenario,
      machine: this.#state,
      clocks: loop.clocks,
      shared: this.#shared,
      fds: this.#fds,
      conds: this.#conds,
      locks: null,
      port: null,
    });
    this.#shared.onLook = () => run.whileBusy();
    this.crew.stop = (name) => this.#iothreads.get(name)?.stop();
  }

  /**
   * Starts all threads. Main's own objects exist.
   * @param lent main's
   */
  start(lent: Lent): void {
    const { objects } = this.#run.scenario;
    const lents = [lent];
    for (const def of objects) {
      if (def.section === 'iothreads') lents.push(this.#startIOThread(def));
    }
    for (const lent of lents) this.crew.add(lent);
    for (const port of this.#ports.values()) for (const lent of lents) port.postMessage(lent);
    this.#startCpus(lents);
    for (const def of objects) {
      if (def.section === 'threads') this.#startThread(def, lents);
    }
  }

  #startIOThread(def: IothreadDef): Lent {
    const { name, pollMaxNs, pollGrow, pollShrink, aioMaxBatch, threadPoolMin, threadPoolMax } =
      def;
    const { data, port } = this.#dataOf(name);
    this.#iothreads.set(
      name,
      new IOThread({
        machine: this.#state,
        name,
        module: here('iothread-lane'),
        data,
        transfer: [data.port],
        // It has noted its error itself, for the end of the run.
        onError: () => {},
        pollMaxNs,
        pollGrow,
        pollShrink,
        aioMaxBatch,
        threadPoolMin,
        threadPoolMax,
        fdmon: this.#run.scenario.fdmon,
      }),
    );
    const got = receiveMessageOnPort(port) as { message: Lent } | undefined;
    if (got === undefined) throw new Error(`iothread '${name}' has lent nothing`);
    return got.message;
  }

  /** The vCPUs run from the start, as after vm_start. */
  #startCpus(lents: readonly Lent[]): void {
    const defs = this.#run.scenario.objects.filter(({ section }) => section === 'vcpus');
    if (defs.length === 0) return;
    const vm = new Vm({ machine: this.#state });
    this.crew.vm = vm;
    for (const { name } of defs) {
      const { data, port } = this.#dataOf(name);
      for (const lent of lents) port.postMessage(lent);
      const module = here('vcpu-lane');
      this.#cpus.push(
        new VCpu({ vm, name, module, data, transfer: [data.port], onError: () => {} }),
      );
    }
    for (const cpu of this.#cpus) {
      this.crew.addCpu(cpu.share());
      for (const port of this.#ports.values()) port.postMessage(cpu.share());
    }
    vm.start();
  }

  #startThread({ name, start }: ThreadDef, lents: readonly Lent[]): void {
    const { data, port } = this.#dataOf(name);
    for (const lent of lents) port.postMessage(lent);
    for (const cpu of this.#cpus) port.postMessage(cpu.share());
    const module = here('plain-lane');
    const options = { machine: this.#state, name, module, data, transfer: [data.port] };
    this.#plain.push(new PlainThread({ ...options, onError: () => {} }));
    if (start) this.#shared.start(name);
  }

  /** The pool of main's context, and the things that its workers get. */
  preparePool(main: PoolLane): void {
    const machine = this.#state.share();
    this.crew.workData = { ...this.#shareOf('worker'), trace: null, machine };
    this.crew.requests = new Requests(main, this.crew);
  }

  #dataOf(name: string): {
    readonly data: ThreadData & { readonly port: MessagePort };
    readonly port: MessagePort;
  } {
    const { port1, port2 } = new MessageChannel();
    port1.unref();
    this.#ports.set(name, port1);
    return { data: { ...this.#shareOf(name), port: port2 }, port: port1 };
  }

  /** Workers of a pool have no number of their own: -1. */
  #shareOf(name: string): Omit<ThreadData, 'port'> {
    return {
      scenario: this.#run.scenario,
      number: this.#shared.threads.indexOf(name),
      shared: this.#shared.handle,
      fds: this.#fds.words,
      log: this.#log.memory,
      conds: this.#conds,
      trace: this.traces.of(name),
      locks: this.crew.locks!,
    };
  }

  /** Called while main is busy, and before it waits. @throws ScenarioEnded if the run has ended */
  look(): void {
    this.drain();
    if (!this.#closes) this.#shared.check();
  }

  /** Reads the entries of all threads that have come since. */
  drain(): void {
    const nameOf = (number: number): string => this.#shared.threads[number] ?? 'worker';
    for (const entry of this.#log.drain(nameOf, this.#run.failed)) {
      this.#entries.push(entry);
      this.#tell?.(entry);
    }
  }

  /** The error of another thread that ended the run, with its name; null if there is none. */
  get error(): { readonly thread: string; readonly error: Error } | null {
    return this.#shared.error;
  }

  /**
   * Main's steps end by an error: so does the run, unless another thread's error came first.
   * Returns the error; if nothing went on any more, it says where each thread stands.
   */
  end(error: unknown): unknown {
    const told = withStanding(error, this.crew);
    this.#shared.end('main', told);
    return told;
  }

  /** The steps are done: waits until all threads are, and stops the iothreads. */
  finish(): void {
    const { bql } = this.#state.thread;
    if (bql.isMine) bql.unlock();
    for (const { name } of this.#plain) {
      if (this.#shared.hasStarted(name)) this.#shared.waitUntil(() => this.#shared.isOver(name));
    }
    for (const { name } of this.#cpus) {
      if (this.#loopOf(name) < Number.POSITIVE_INFINITY) {
        this.#shared.waitUntil(() => this.#shared.isOver(name));
      }
    }
    for (const cpu of this.#cpus) cpu.dispose();
    for (const [name, one] of this.#iothreads) {
      if (one.running) this.crew.waitIdle(name);
    }
    for (const one of this.#iothreads.values()) one.stop();
  }

  #loopOf(name: string): number {
    const def = this.#run.scenario.objects.find((object) => object.name === name);
    return def?.section === 'vcpus' ? def.loop : 0;
  }

  /** Ends all threads, in whatever state they are. */
  close(): void {
    const { bql } = this.#state.thread;
    this.#closes = true;
    this.#shared.endQuietly();
    if (bql.isMine) quietly(() => bql.unlock());
    if (this.#run.world.kind === 'sim') {
      // Nobody sleeps for ever there: a wait that nothing can end returns with an error.
      for (const one of this.#iothreads.values()) quietly(() => one.stop());
      for (const cpu of this.#cpus) quietly(() => cpu.dispose());
      for (const one of this.#plain) quietly(() => one.join());
    }
    for (const one of this.#plain) {
      if (this.#shared.isOver(one.name)) quietly(() => one.join());
    }
    quietly(() => this.crew.requests?.close());
    if (this.#state.workers.running.length > 0) quietly(() => this.#run.world.leaveThreads());
    for (const one of [...this.#iothreads.values(), ...this.#plain]) {
      if (one.running) void one.terminate();
    }
    for (const port of this.#ports.values()) port.close();
    quietly(() => this.crew.close());
    quietly(() => this.#state.dispose());
  }
}
