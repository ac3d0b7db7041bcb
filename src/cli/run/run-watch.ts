/**
 * `--watch` of a scenario. The view works beside the run: it reads and writes the terminal through
 * the host of its process, whatever the run's host is, and the run's trace events tell when there is
 * time to look. Looking does not move a simulated run's clock, so the run is the same with and
 * without the view.
 */

import { CLOCK_MONOTONIC, SIGWINCH } from '../../host/constants.ts';
import { type Host, newSigAction } from '../../host/host.ts';
import { Proc } from '../../host/proc.ts';
import type { SimHost } from '../../host/sim/sim-host.ts';
import type { ChildDef } from '../../scenario/model.ts';
import type { Machine } from '../../scenario/run/machine.ts';
import type { LogEntry } from '../../scenario/run/order-log.ts';
import type { RunResult } from '../../scenario/run/run.ts';
import type { World } from '../../scenario/run/world.ts';
import { EV, EVENT_NAMES, type EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import { needForeground, Terminal } from '../terminal/terminal.ts';
import { HoldPoll } from '../watch/hold-poll.ts';
import { Model } from '../watch/model.ts';
import { type ProcessState, processState } from '../watch/process-state.ts';
import { AioPollRounds, MainLoopRounds } from '../watch/rounds.ts';
import type { Subject } from '../watch/subject.ts';
import { type Driver, View } from '../watch/view.ts';
import type { Observer } from './observer.ts';
import { RunChildren } from './run-children.ts';
import { WatchThreads } from './watch-threads.ts';

/** The time between two looks at the keys while the run goes on. */
const LOOK_NS = 20e6;
/** The caller of a coroutine that no other coroutine enters. */
const THREAD = 0;
/** No signal reports a new size of the terminal, so it is checked this often. */
const TICK_NS = 200e6;

export class RunWatch implements Observer {
  /** Whether the person left before the end. */
  left = false;
  readonly #color: boolean;
  readonly #leave: () => never;
  readonly #host: Host;
  readonly #proc: Proc;
  readonly #parent: number;
  readonly #encoder = new TextEncoder();
  #view: View | null = null;
  #children: RunChildren | null = null;
  #threads: WatchThreads | null = null;
  #machine: Machine | null = null;
  #attached: { dispose(): void } | null = null;
  #result: RunResult | null = null;
  #done = false;
  #lookedNs = 0;

  /**
   * Opens the view.
   * @param host the real kernel
   * @param leave ends the run by throwing
   * @throws CliError if the terminal is not ours
   */
  constructor(host: Host, color: boolean, leave: () => never) {
    this.#host = host;
    this.#proc = new Proc(host);
    this.#color = color;
    this.#leave = leave;
    this.#parent = this.#host.getppid();
    needForeground(this.#host);
  }

  open(machine: Machine): void {
    const { scenario, world, main } = machine;
    const defs = scenario.objects.filter((def): def is ChildDef => def.section === 'children');
    const children = new RunChildren(defs);
    const rounds = scenario.drive === 'aio_poll' ? new AioPollRounds() : new MainLoopRounds();
    const view = new View(this.#host, this.#color, new Model(rounds, false), this.#driver(machine));
    view.model.keepAll = true;
    const hold = new HoldPoll(this.#host, view.console.fd, null);
    this.#machine = machine;
    const traces = machine.threads?.traces ?? null;
    const sim = isSimulated(world.host) ? world.host : null;
    const threads = traces === null ? null : new WatchThreads(traces, sim, this.#proc);
    this.#threads = threads;
    view.open(subjectOf(machine, children, threads, this.#proc), hold, true);
    // Node handles the signal if there is a terminal, which would end a wait of the run.
    this.#host.sigaction(SIGWINCH, newSigAction(), null);
    this.#view = view;
    this.#children = children;
    // Looking and pausing take no time of the run.
    this.#attached = main.trace.attach(EVENT_NAMES, (id, timeNs, ...args) =>
      world.still(() => this.#take(id, timeNs, args)),
    );
    threads?.onTurn((name) => world.still(() => this.#turn(name)));
    if (world.kind === 'sim') {
      if (threads === null) view.pacer.stepIteration();
      else view.pacer.stepPhase();
    } else {
      // After the terminal has hung up, there are still children to end.
      process.on('SIGHUP', () => {});
      this.#lookWhileItWaits(world);
      view.draw();
    }
  }

  entry({ text }: LogEntry): void {
    this.#view!.output.write(1, this.#encoder.encode(`${text}\n`));
  }

  end(result: RunResult): void {
    this.#attached?.dispose();
    this.#threads?.dispose();
    this.#result = result;
    const view = this.#view!;
    this.#threads?.readOthers(view.model);
    view.model.version++;
    if (!this.left) view.stand(() => (this.#done ? 0 : TICK_NS));
    view.dispose();
  }

  #driver(machine: Machine): Driver {
    const { world } = machine;
    const terminal = new Terminal(this.#host, false);
    return {
      tickNs: TICK_NS,
      state: () => (this.#result === null ? '' : verdict(this.#result)),
      isLeaving: () => {
        this.#lookForParent();
        return this.left;
      },
      standsStill: () => {},
      // Acts as the outside world, which takes no time of the run.
      send: (pid, signo) => world.still(() => world.kill(pid, signo)),
      quit: () => this.#quit(),
      suspend: () => terminal.suspend(),
      hungUp: () => this.#quit(),
    };
  }

  #quit(): void {
    this.#view!.pacer.run();
    if (this.#result === null) this.left = true;
    this.#done = true;
  }

  #take(id: EventId, timeNs: number, args: readonly TraceValue[]): void {
    if (this.left) return;
    const view = this.#view!;
    this.#threads?.readOthers(view.model);
    this.#threads?.take(id, timeNs, args);
    this.#children!.take(id, timeNs, args);
    const isMark = view.take(id, timeNs, args) !== null;
    const enters = id === EV.qemu_aio_coroutine_enter && args[1] === THREAD;
    const steps = enters && !view.model.inIteration;
    // Coroutines that the steps enter need no iteration, and are stepped like one.
    if (steps) view.arrive('iteration', 'the coroutine');
    if (isMark || steps) this.#look();
  }

  /** Another thread is about to get the processor. */
  #turn(name: string): void {
    if (this.left) return;
    const view = this.#view!;
    this.#threads!.readOthers(view.model);
    this.#machine!.threads?.drain();
    view.arrive('turn', name);
    this.#look();
  }

  /** The real host lets us look at set times, even in the middle of a wait. */
  #lookWhileItWaits(world: World): void {
    world.at(world.nowNs() - world.startNs + LOOK_NS, () => {
      if (this.#result !== null) return;
      world.still(() => this.#look());
      this.#lookWhileItWaits(world);
    });
  }

  /** Reads the keys and draws, if it is time to. */
  #look(): void {
    const view = this.#view!;
    const nowNs = this.#host.clockNs(CLOCK_MONOTONIC);
    if (nowNs - this.#lookedNs >= LOOK_NS) {
      this.#lookedNs = nowNs;
      this.#threads?.readOthers(view.model);
      view.readKeys();
      if (nowNs >= view.dueNs) view.draw();
      this.#lookForParent();
    }
    if (this.left) this.#leave();
  }

  /** If the process that started this one is gone, nobody would learn of the result. */
  #lookForParent(): void {
    if (this.#host.getppid() !== this.#parent) this.#quit();
  }
}

function subjectOf(
  { main, world }: Machine,
  { rows }: RunChildren,
  threads: WatchThreads | null,
  proc: Proc,
): Subject {
  const { host } = world;
  const simulated = isSimulated(host) ? host : null;
  return {
    loop: main.loop,
    children: rows,
    digits: simulated === null ? 6 : 9,
    outputTitle: 'order log',
    // The real world's start is set again when all objects exist.
    get startNs() {
      return world.startNs;
    },
    nowNs: () => world.nowNs(),
    processState: (pid) =>
      simulated === null ? processState(proc, pid) : simulatedState(simulated, pid),
    look: (act) => world.still(act),
    ...(threads === null ? {} : { threads }),
  };
}

/** The state of a process that the machine's own /proc does not know. */
function simulatedState(host: SimHost, pid: number): ProcessState | null {
  const found = host.processes().find((one) => one.pid === pid);
  return found === undefined ? null : { word: found.state, cpuNs: 0 };
}

function isSimulated(host: Host): host is SimHost {
  return host.kind === 'sim';
}

function verdict({ status, failures }: RunResult): string {
  if (status === 0) return 'PASSED';
  return `FAILED: ${failures[0]!.message.split('\n')[0]}`;
}
