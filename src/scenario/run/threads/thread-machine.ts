import { Clocks } from '../../../aio/clock.ts';
import { CLOCK_MONOTONIC, O_CLOEXEC, O_CREAT, O_RDWR } from '../../../host/constants.ts';
import type { Host, HostBuffer } from '../../../host/host.ts';
import type { QemuThread } from '../../../thread/qemu-thread.ts';
import { TraceMemory } from '../../../trace/trace-memory.ts';
import type { Scenario } from '../../model.ts';
import type { Place } from '../../problem.ts';
import type { LaneMachine } from '../lane.ts';
import type { EntrySink } from '../order-log.ts';
import type { LaneWorld } from '../world.ts';
import { Crew } from './crew.ts';
import { SharedFds } from './shared-fds.ts';
import { SharedLog } from './shared-log.ts';
import { SharedRun } from './shared-run.ts';
import type { ThreadData } from './thread-data.ts';

/** The virtual time of an io_poll, as main's. */
const IO_POLL_NS = 100;
const SLACK_NS = 50e6;

/** A run, as one of its threads other than main sees it. */
export class ThreadMachine implements LaneMachine {
  readonly scenario: Scenario;
  readonly world: ThreadWorld;
  readonly host: Host;
  readonly log: EntrySink;
  readonly whole = null;
  readonly crew: Crew;
  readonly whileBusy: () => void;
  readonly fail: (at: Place, message: string) => void;
  #traced: { dispose(): void } | null = null;

  constructor(data: ThreadData, thread: QemuThread) {
    const { scenario, shared } = data;
    const { host, machine } = thread;
    this.scenario = scenario;
    this.host = host;
    this.world = new ThreadWorld(host, shared.startNs);
    const run = new SharedRun(scenario, host, shared);
    if (data.number >= 0) run.setNumber(run.threads[data.number]!, thread.id);
    const fds = new SharedFds(scenario, data.fds);
    const clocks = new Clocks(host);
    const { conds, locks } = data;
    const { port, ...rest } = data;
    this.crew = new Crew({
      scenario,
      machine,
      clocks,
      shared: run,
      fds,
      conds,
      locks,
      port,
    });
    // Workers of a pool have no number of their own.
    this.crew.workData = { ...rest, number: -1, trace: null, machine: machine.share() };
    const log = new SharedLog(data.log);
    const number = data.number;
    this.log = {
      push: (text, iteration) =>
        log.push(number, text, iteration, this.world.nowNs() - shared.startNs),
    };
    // Asked even if nobody traces: on a simulated kernel another thread may go first at each call.
    const tid = host.gettid();
    if (data.trace !== null) {
      const memory = new TraceMemory(data.trace.memory);
      memory.begin(tid);
      this.#traced = thread.trace.attach(data.trace.events, memory.sink);
    }
    this.fail = (at, message) => log.fail(number, at, message);
    this.whileBusy = () => run.check();
  }

  /** The run is over: from now on the thread only clears up. */
  stopTracing(): void {
    this.#traced?.dispose();
  }

  ioPoll(): void {
    this.whileBusy();
    if (this.world.kind === 'sim') this.world.sleep(IO_POLL_NS);
  }

  sleep(ns: number): void {
    this.world.sleep(ns);
  }
}

/** The host of a thread, and its time. */
export class ThreadWorld implements LaneWorld {
  readonly kind: 'sim' | 'linux';
  readonly host: Host;
  readonly startNs: number;
  readonly slackNs: number;
  readonly #none: HostBuffer;

  constructor(host: Host, startNs: number) {
    this.kind = host.kind;
    this.host = host;
    this.startNs = startNs;
    this.slackNs = host.kind === 'sim' ? 0 : SLACK_NS;
    this.#none = host.alloc(8);
  }

  nowNs(): number {
    return this.host.clockNs(CLOCK_MONOTONIC);
  }

  sleep(ns: number): void {
    const endNs = this.nowNs() + ns;
    for (let left = ns; left > 0; left = endNs - this.nowNs()) this.host.poll(this.#none, 0, left);
  }

  compute(ns: number): void {
    if (this.kind === 'sim') this.sleep(ns);
    const endNs = this.nowNs() + ns;
    while (this.kind === 'linux' && this.nowNs() < endNs);
  }

  openFile(): number {
    if (this.kind === 'linux') return this.host.open('/proc/self/exe', O_CLOEXEC, 0);
    return this.host.open('/file', O_CREAT | O_RDWR | O_CLOEXEC, 0o600);
  }
}
