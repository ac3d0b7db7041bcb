/**
 * `--watch` of a scenario. The view works beside the run: it reads and writes the terminal through
 * the host of its process, whatever the run's host is, and the run's trace events tell when there is
 * time to look. Looking does not move a simulated run's clock, so the run is the same with and
 * without the view.
 */

import { CLOCK_MONOTONIC, SIGWINCH } from '../../host/constants.ts';
import { EPERM } from '../../host/errno.ts';
import { type Host, newSigAction } from '../../host/host.ts';
import { Proc } from '../../host/proc.ts';
import type { ChildDef } from '../../scenario/model.ts';
import type { Machine } from '../../scenario/run/machine.ts';
import type { LogEntry } from '../../scenario/run/order-log.ts';
import type { RunResult } from '../../scenario/run/run.ts';
import type { World } from '../../scenario/run/world.ts';
import { EV, EVENT_NAMES, type EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import { needForeground, Terminal } from '../terminal/terminal.ts';
import type { Where } from '../watch/controls.ts';
import { HoldPoll } from '../watch/hold-poll.ts';
import type { Model } from '../watch/model.ts';
import { AioPollRounds, MainLoopRounds } from '../watch/rounds.ts';
import type { Subject } from '../watch/subject.ts';
import { type Point, Travel } from '../watch/travel.ts';
import { type Driver, View } from '../watch/view.ts';
import type { Observer } from './observer.ts';
import { RunChildren } from './run-children.ts';
import { isSimulated, subjectOf, verdict } from './run-subject.ts';
import { WatchThreads } from './watch-threads.ts';

/** The time between two looks at the keys while the run goes on. */
const LOOK_NS = 20e6;
/** On the way to a goal, one in this many events is a reason to look at the keys. */
const PASSES = 4096;
/** The events that count iterations, and those of children. */
const CHILDREN = ['child_spawn', 'child_reap'] as const;
const WAITS = ['main_loop_wait_begin', ...CHILDREN] as const;
const POLLS = ['aio_poll_begin', 'aio_poll_end', ...CHILDREN] as const;
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
  #passes = 0;
  readonly #travel = new Travel();
  readonly #isReplay: boolean;

  /**
   * Opens the view.
   * @param host the real kernel
   * @param leave ends the run by throwing
   * @param isReplay whether the run is that of a record, which nothing can change
   * @throws CliError if the terminal is not ours
   */
  constructor(host: Host, color: boolean, leave: () => never, isReplay = false) {
    this.#isReplay = isReplay;
    this.#host = host;
    this.#proc = new Proc(host);
    this.#color = color;
    this.#leave = leave;
    this.#parent = this.#host.getppid();
    needForeground(this.#host);
  }

  open(machine: Machine): void {
    const { scenario, world } = machine;
    const defs = scenario.objects.filter((def): def is ChildDef => def.section === 'children');
    const children = new RunChildren(defs);
    // Threads have events of their own, which no state has.
    const point = machine.threads === null ? this.#travel.point : null;
    const model = this.#travel.newModel(scenario.drive, point);
    this.#machine = machine;
    const traces = machine.threads?.traces ?? null;
    const sim = isSimulated(world.host) ? world.host : null;
    const threads = traces === null ? null : new WatchThreads(traces, sim, this.#proc);
    this.#threads = threads;
    this.#children = children;
    const view = this.#show(model, subjectOf(machine, children, threads, this.#proc));
    if (point === null) this.#follow(machine);
    else this.#skipTo(point, machine);
    threads?.onTurn((name) => world.look(() => this.#turn(name)));
    if (this.#travel.goal !== null) return;
    if (this.#goesBack) {
      if (threads === null) view.pacer.stepIteration();
      else view.pacer.stepPhase();
    } else {
      // After the terminal has hung up, there are still children to end.
      process.on('SIGHUP', () => {});
      this.#lookWhileItWaits(world);
      view.draw();
    }
  }

  /** Opens the view, or shows the run in it that is made again. */
  #show(model: Model, subject: Subject): View {
    if (this.#view !== null) {
      this.#view.restart(model, subject);
      return this.#view;
    }
    const view = new View(this.#host, this.#color, model, this.#driver());
    view.open(subject, new HoldPoll(this.#host, view.console.fd, null), true);
    // Node handles the signal if there is a terminal, which would end a wait of the run.
    this.#host.sigaction(SIGWINCH, newSigAction(), null);
    this.#view = view;
    return view;
  }

  /** Looking and pausing take no time of the run. */
  #follow({ main, world }: Machine): void {
    this.#attached = main.trace.attach(EVENT_NAMES, (id, timeNs, ...args) =>
      world.look(() => this.#take(id, timeNs, args)),
    );
  }

  /** Counts the iterations up to a point, and follows the run from there. */
  #skipTo(point: Point, machine: Machine): void {
    const { scenario, main, world } = machine;
    const isPolled = scenario.drive === 'aio_poll';
    const rounds = isPolled ? new AioPollRounds() : new MainLoopRounds();
    const attached = main.trace.attach(isPolled ? POLLS : WAITS, (id, timeNs, ...args) => {
      this.#children!.take(id, timeNs, args);
      const mark = rounds.at(id, args);
      if (mark?.kind !== 'begin' || mark.iteration < point.iteration) return;
      attached.dispose();
      this.#view!.model.restore(point.state);
      this.#follow(machine);
      world.look(() => this.#take(id, timeNs, args));
    });
    this.#attached = attached;
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
    if (!this.#travel.again) this.#travel.goal = null;
    if (!this.left && !this.#travel.again) {
      view.stand(() => (this.#done || this.#travel.again ? 0 : TICK_NS));
    }
    if (!this.#travel.again) view.dispose();
  }

  #driver(): Driver {
    const terminal = new Terminal(this.#host, false);
    return {
      tickNs: TICK_NS,
      state: () => (this.#result === null ? '' : verdict(this.#result)),
      isLeaving: () => {
        this.#lookForParent();
        return this.left || this.#travel.again;
      },
      standsStill: () => {},
      // Acts as the outside world, which takes no time of the run.
      send: (pid, signo) => {
        const { world } = this.#machine!;
        return this.#isReplay ? -EPERM : world.still(() => world.kill(pid, signo));
      },
      quit: () => this.#quit(),
      travel: (where) => this.#go(where),
      suspend: () => terminal.suspend(),
      hungUp: () => this.#quit(),
    };
  }

  /** Whether the run is the same each time, so that it can be made again. */
  get #goesBack(): boolean {
    return this.#isReplay || this.#machine!.world.kind === 'sim';
  }

  #go(where: Where): string {
    if (!this.#goesBack) return 'only a simulated run, or the replay of a record, can step back';
    const { model, pacer } = this.#view!;
    const problem = this.#travel.go(where, model.iteration, this.#result !== null);
    if (problem === '') pacer.run();
    return problem;
  }

  /** Runs to an iteration, and stops before it. Call it before the run. */
  startAt(iteration: number): void {
    this.#travel.goal = iteration;
  }

  /** Whether the run is to be made again, since the person has stepped back. */
  takeAgain(): boolean {
    const { again } = this.#travel;
    this.#travel.again = false;
    this.#result = null;
    return again && !this.left;
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
    const isMark =
      this.#travel.goal === null
        ? view.take(id, timeNs, args) !== null
        : this.#pass(id, timeNs, args);
    const enters = id === EV.qemu_aio_coroutine_enter && args[1] === THREAD;
    const steps = enters && !view.model.inIteration;
    // Coroutines that the steps enter need no iteration, and are stepped like one.
    if (steps) view.arrive('iteration', 'the coroutine');
    if (isMark || steps) this.#look();
  }

  /** Takes an event on the way to the goal, without a look at it. Returns whether it is there. */
  #pass(id: EventId, timeNs: number, args: readonly TraceValue[]): boolean {
    const view = this.#view!;
    view.model.take(id, timeNs, args);
    if (this.#travel.goal !== null) return this.#passes++ % PASSES === 0;
    view.pacer.stepIteration();
    view.arrive('iteration');
    return true;
  }

  /** Another thread is about to get the processor. */
  #turn(name: string): void {
    if (this.left) return;
    const view = this.#view!;
    this.#threads!.readOthers(view.model);
    this.#machine!.threads?.drain();
    if (this.#travel.goal === null) view.arrive('turn', name);
    this.#look();
  }

  /** The real host lets us look at set times, even in the middle of a wait. */
  #lookWhileItWaits(world: World): void {
    world.at(world.nowNs() - world.startNs + LOOK_NS, () => {
      if (this.#result !== null) return;
      world.look(() => this.#look());
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
    if (this.left || this.#travel.again) this.#leave();
  }

  /** If the process that started this one is gone, nobody would learn of the result. */
  #lookForParent(): void {
    if (this.#host.getppid() !== this.#parent) this.#quit();
  }
}
