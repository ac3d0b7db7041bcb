/**
 * `--watch` of a scenario. Looking does not move a simulated run's clock, so the run is the same with
 * and without the view.
 */

import { EPERM } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import { Proc } from '../../host/proc.ts';
import type { ChildDef } from '../../scenario/model.ts';
import type { Machine } from '../../scenario/run/machine.ts';
import type { LogEntry } from '../../scenario/run/order-log.ts';
import type { RunResult } from '../../scenario/run/run.ts';
import type { World } from '../../scenario/run/world.ts';
import { BesideView, LOOK_NS } from '../watch/beside.ts';
import type { WatchedRun } from '../watch/watched-run.ts';
import type { Observer } from './observer.ts';
import { RunChildren } from './run-children.ts';
import { isSimulated, subjectOf, verdict } from './run-subject.ts';
import { WatchThreads } from './watch-threads.ts';

export class RunWatch implements Observer {
  readonly #beside: BesideView;
  readonly #proc: Proc;
  readonly #encoder = new TextEncoder();
  readonly #isReplay: boolean;
  #threads: WatchThreads | null = null;

  /**
   * Opens the view.
   * @param host the real kernel
   * @param leave ends the run by throwing
   * @param isReplay whether the run is that of a record, which nothing can change
   * @param guardFds see Console.enter
   * @throws CliError if the terminal is not ours
   */
  constructor(
    host: Host,
    color: boolean,
    leave: () => never,
    isReplay = false,
    guardFds: readonly number[] = [],
  ) {
    this.#isReplay = isReplay;
    this.#proc = new Proc(host);
    this.#beside = new BesideView(host, color, leave, guardFds);
  }

  /** Whether the person left before the end. */
  get left(): boolean {
    return this.#beside.left;
  }

  open(machine: Machine): void {
    const { world } = machine;
    const sim = isSimulated(world.host) ? world.host : null;
    const own = machine.threads;
    const proc = this.#isReplay ? null : this.#proc;
    const threads = own === null ? null : new WatchThreads(own, sim, proc);
    this.#threads = threads;
    const run = this.#runOf(machine, threads);
    const beside = this.#beside;
    // Threads have events of their own, which no state has.
    const view = beside.open(run, machine.threads === null);
    threads?.onTurn((name) => world.look(() => this.#turn(machine, name)));
    if (beside.travel.underWay) return;
    if (run.goesBack) {
      if (threads === null) view.pacer.stepIteration();
      else view.pacer.stepPhase();
    } else {
      // After the terminal has hung up, there are still children to end.
      process.on('SIGHUP', () => {});
      this.#lookWhileItWaits(world);
      view.draw();
    }
  }

  #runOf(machine: Machine, threads: WatchThreads | null): WatchedRun {
    const { scenario, world, main } = machine;
    const defs = scenario.objects.filter((def): def is ChildDef => def.section === 'children');
    const children = new RunChildren(defs);
    const goesBack = this.#isReplay || world.kind === 'sim';
    return {
      drive: scenario.drive,
      trace: main.trace,
      subject: subjectOf(machine, children, threads, this.#proc, this.#isReplay),
      goesBack,
      takeChild: (id, timeNs, args) => {
        threads?.take(id, timeNs, args);
        children.take(id, timeNs, args);
      },
      refresh: (model) => threads?.readOthers(model),
      // On the real kernel the others go on while main is stopped.
      hasBegunElsewhere: () => goesBack && threads?.takeBegun() === true,
      // Acts as the outside world, which takes no time of the run.
      send: (pid, signo) => (this.#isReplay ? -EPERM : world.still(() => world.kill(pid, signo))),
    };
  }

  entry({ text }: LogEntry): void {
    const { view, travel } = this.#beside;
    travel.takeText(view.model.iteration, text);
    view.output.write(1, this.#encoder.encode(`${text}\n`));
  }

  end(result: RunResult): void {
    this.#threads?.dispose();
    if (this.#threads !== null) this.#threads.isOver = true;
    this.#beside.end(verdict(result));
  }

  /** Runs to an iteration, and stops before it. Call it before the run. */
  startAt(iteration: number): void {
    this.#beside.startAt(iteration);
  }

  /** Whether the run is to be made again, since the person has stepped back. */
  takeAgain(): boolean {
    return this.#beside.takeAgain();
  }

  /** Another thread is about to get the processor. */
  #turn(machine: Machine, name: string): void {
    const beside = this.#beside;
    if (beside.left) return;
    this.#threads!.readOthers(beside.view.model);
    machine.threads?.drain();
    beside.turn(name);
  }

  /** The real host lets us look at set times, even in the middle of a wait. */
  #lookWhileItWaits(world: World): void {
    world.at(world.nowNs() - world.startNs + LOOK_NS, () => {
      if (this.#beside.isOver) return;
      world.look(() => this.#beside.look());
      this.#lookWhileItWaits(world);
    });
  }
}
