/**
 * `--watch` of a scenario. The view stands beside the run: the terminal is read
 * and written by a real host of its own, whatever the run's own is, and the
 * run's trace events say when there is time to look. So a simulated run, whose
 * clock no look moves, is the same with it and without.
 */

import { CLOCK_MONOTONIC, SIGWINCH } from '../../host/constants.ts';
import { type Host, newSigAction } from '../../host/host.ts';
import { LinuxHost } from '../../host/linux/linux-host.ts';
import type { SimHost } from '../../host/sim/sim-host.ts';
import type { ChildDef } from '../../scenario/model.ts';
import type { Engine } from '../../scenario/run/engine.ts';
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

/** Between two looks at the keys while the run goes on. */
const LOOK_NS = 20e6;
/** From where a coroutine is entered that no other one enters. */
const THREAD = 0;
/** No signal tells of a terminal's new size, so it is looked at so often. */
const TICK_NS = 200e6;

export class RunWatch implements Observer {
  /** Whether the person left before the end. */
  left = false;
  readonly #color: boolean;
  readonly #leave: () => never;
  readonly #host = new LinuxHost();
  readonly #parent: number;
  readonly #encoder = new TextEncoder();
  #view: View | null = null;
  #children: RunChildren | null = null;
  #attached: { dispose(): void } | null = null;
  #result: RunResult | null = null;
  #done = false;
  #lookedNs = 0;

  /**
   * @param leave ends the run by throwing
   * @throws CliError where the terminal is not ours
   */
  constructor(color: boolean, leave: () => never) {
    this.#color = color;
    this.#leave = leave;
    this.#parent = this.#host.getppid();
    needForeground(this.#host);
  }

  open(engine: Engine): void {
    const { scenario, world, trace } = engine;
    const defs = scenario.objects.filter((def): def is ChildDef => def.section === 'children');
    const children = new RunChildren(defs);
    const rounds = scenario.drive === 'aio_poll' ? new AioPollRounds() : new MainLoopRounds();
    const view = new View(this.#host, this.#color, new Model(rounds, false), this.#driver(engine));
    view.model.keepAll = true;
    const hold = new HoldPoll(this.#host, view.console.fd, null);
    view.open(subjectOf(engine, children), hold, true);
    // Node handles it where there is a terminal, and then it would end a wait of the run.
    this.#host.sigaction(SIGWINCH, newSigAction(), null);
    this.#view = view;
    this.#children = children;
    // Whoever looks, and pauses, takes the run no time.
    this.#attached = trace.attach(EVENT_NAMES, (id, timeNs, ...args) =>
      world.still(() => this.#take(id, timeNs, args)),
    );
    if (world.kind === 'sim') {
      view.pacer.stepIteration();
    } else {
      // Whose terminal has gone still has children to end.
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
    this.#result = result;
    const view = this.#view!;
    view.model.version++;
    if (!this.left) view.stand(() => (this.#done ? 0 : TICK_NS));
    view.dispose();
    this.#host.dispose();
  }

  #driver(engine: Engine): Driver {
    const { world } = engine;
    const terminal = new Terminal(this.#host, false);
    return {
      tickNs: TICK_NS,
      state: () => (this.#result === null ? '' : verdict(this.#result)),
      isLeaving: () => {
        this.#lookForParent();
        return this.left;
      },
      standsStill: () => {},
      send: (pid, signo) => {
        // As the outside world acts, which takes no time of the run's.
        world.at(engine.elapsedNs, () => world.kill(pid, signo));
        world.block(0);
        return 0;
      },
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
    this.#children!.take(id, timeNs, args);
    const isMark = view.take(id, timeNs, args) !== null;
    const enters = id === EV.qemu_aio_coroutine_enter && args[1] === THREAD;
    const steps = enters && !view.model.inIteration;
    // What the steps do with coroutines needs no iteration, and is stepped as one.
    if (steps) view.arrive(true, 'the coroutine');
    if (isMark || steps) this.#look();
  }

  /** The real host lets us look at set times, also in the middle of a wait. */
  #lookWhileItWaits(world: World): void {
    world.at(world.nowNs() - world.startNs + LOOK_NS, () => {
      if (this.#result !== null) return;
      world.still(() => this.#look());
      this.#lookWhileItWaits(world);
    });
  }

  /** Reads the keys and draws, where it is time to. */
  #look(): void {
    const view = this.#view!;
    const nowNs = this.#host.clockNs(CLOCK_MONOTONIC);
    if (nowNs - this.#lookedNs >= LOOK_NS) {
      this.#lookedNs = nowNs;
      view.readKeys();
      if (nowNs >= view.dueNs) view.draw();
      this.#lookForParent();
    }
    if (this.left) this.#leave();
  }

  /** Without the process that started this one nobody would be told of the run. */
  #lookForParent(): void {
    if (this.#host.getppid() !== this.#parent) this.#quit();
  }
}

function subjectOf({ loop, world }: Engine, { rows }: RunChildren): Subject {
  const { host } = world;
  const simulated = isSimulated(host) ? host : null;
  return {
    loop,
    children: rows,
    digits: simulated === null ? 6 : 9,
    outputTitle: 'order log',
    // The real world's is set anew when all objects are there.
    get startNs() {
      return world.startNs;
    },
    nowNs: () => world.nowNs(),
    processState: simulated === null ? processState : (pid) => simulatedState(simulated, pid),
    look: (act) => world.still(act),
  };
}

/** Of a process that the machine's own /proc knows nothing of. */
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
