/**
 * The view of a run that it is no part of. It reads and writes the terminal through the host of its
 * process, whatever the run's host is, and the run's trace events tell when there is time to look.
 */

import { CLOCK_MONOTONIC, SIGWINCH } from '../../host/constants.ts';
import { type Host, newSigAction } from '../../host/host.ts';
import { EV, EVENT_NAMES, type EventId, type EventName } from '../../trace/catalogue.ts';
import type { Tracer, TraceValue } from '../../trace/tracer.ts';
import { needForeground, Terminal } from '../terminal/terminal.ts';
import type { Where } from './controls.ts';
import { HoldPoll } from './hold-poll.ts';
import type { Model } from './model.ts';
import { AioPollRounds, MainLoopRounds } from './rounds.ts';
import type { Subject } from './subject.ts';
import { type Point, Travel } from './travel.ts';
import { type Driver, View } from './view.ts';

/** The time between two looks at the keys while the run goes on. */
export const LOOK_NS = 20e6;
/** On the way to a goal, one in this many events is a reason to look at the keys. */
const PASSES = 4096;
/** The events that count iterations, and those of children. */
const CHILDREN = ['child_spawn', 'child_reap'] as const;
const WAITS: readonly EventName[] = ['main_loop_wait_begin', ...CHILDREN];
const POLLS: readonly EventName[] = ['aio_poll_begin', 'aio_poll_end', ...CHILDREN];
/** The caller of a coroutine that no other coroutine enters. */
const THREAD = 0;
/** No signal reports a new size of the terminal, so it is checked this often. */
const TICK_NS = 200e6;

/** A run beside its view. */
export interface WatchedRun {
  /** As a scenario's `drive`. */
  readonly drive: string;
  readonly trace: Tracer;
  readonly subject: Subject;
  /** Whether the run is the same each time, so that it can be made again. */
  readonly goesBack: boolean;
  /** Takes an event of a child, even of an iteration that is not shown. */
  takeChild(id: EventId, timeNs: number, args: readonly TraceValue[]): void;
  /** Called before each event that is shown, and before the view is drawn. */
  refresh(model: Model): void;
  /** Sends a signal to a child. Returns 0 or -errno. */
  send(pid: number, signo: number): number;
}

export class BesideView {
  /** Whether the person left before the end. */
  left = false;
  readonly travel = new Travel();
  readonly #color: boolean;
  readonly #leave: () => never;
  readonly #host: Host;
  readonly #parent: number;
  #view: View | null = null;
  #run: WatchedRun | null = null;
  #attached: { dispose(): void } | null = null;
  /** How the run has ended; null while it goes on. */
  #verdict: string | null = null;
  #done = false;
  #lookedNs = 0;
  #passes = 0;

  /**
   * @param host the real kernel
   * @param leave ends the run by throwing
   * @throws CliError if the terminal is not ours
   */
  constructor(host: Host, color: boolean, leave: () => never) {
    this.#host = host;
    this.#color = color;
    this.#leave = leave;
    this.#parent = this.#host.getppid();
    needForeground(this.#host);
  }

  /** The view, which is there from the first run on. */
  get view(): View {
    return this.#view!;
  }

  get isOver(): boolean {
    return this.#verdict !== null;
  }

  /**
   * Shows a run, or the same one that is made again.
   * @param canSkip whether it may begin from a state that was kept
   */
  open(run: WatchedRun, canSkip: boolean): View {
    const point = canSkip ? this.travel.point : null;
    const model = this.travel.newModel(run.drive, point);
    this.#run = run;
    this.#verdict = null;
    const view = this.#show(model, run.subject);
    if (point === null) this.#follow(run);
    else this.#skipTo(point, run);
    return view;
  }

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
  #follow({ trace, subject }: WatchedRun): void {
    this.#attached = trace.attach(EVENT_NAMES, (id, timeNs, ...args) =>
      subject.look(() => this.#take(id, timeNs, args)),
    );
  }

  /** Counts the iterations up to a point, and follows the run from there. */
  #skipTo(point: Point, run: WatchedRun): void {
    const isPolled = run.drive === 'aio_poll';
    const rounds = isPolled ? new AioPollRounds() : new MainLoopRounds();
    const attached = run.trace.attach(isPolled ? POLLS : WAITS, (id, timeNs, ...args) => {
      run.takeChild(id, timeNs, args);
      const mark = rounds.at(id, args);
      if (mark?.kind !== 'begin' || mark.iteration < point.iteration) return;
      attached.dispose();
      this.view.model.restore(point.state);
      this.#follow(run);
      run.subject.look(() => this.#take(id, timeNs, args));
    });
    this.#attached = attached;
  }

  /** The run has ended: shows that until the person leaves, or steps back. */
  end(verdict: string): void {
    this.#attached?.dispose();
    this.#verdict = verdict;
    const { view, travel } = this;
    this.#run!.refresh(view.model);
    view.model.version++;
    travel.runEnded();
    this.#sayNews();
    if (!this.left && !travel.again) view.stand(() => (this.#done || travel.again ? 0 : TICK_NS));
    if (!travel.again) view.dispose();
  }

  #driver(): Driver {
    const terminal = new Terminal(this.#host, false);
    return {
      tickNs: TICK_NS,
      state: () => this.#verdict ?? '',
      isLeaving: () => {
        this.#lookForParent();
        return this.left || this.travel.again;
      },
      standsStill: () => {},
      send: (pid, signo) => this.#run!.send(pid, signo),
      quit: () => this.#quit(),
      travel: (where) => this.#go(where),
      suspend: () => terminal.suspend(),
      hungUp: () => this.#quit(),
    };
  }

  #go(where: Where): string {
    if (!this.#run!.goesBack) {
      return 'only a simulated run, or the replay of a record, can step back';
    }
    const { model, pacer } = this.view;
    const problem = this.travel.go(where, model.iteration, this.isOver);
    if (problem === '') pacer.run();
    return problem;
  }

  /** Runs to an iteration, and stops before it. Call it before the run. */
  startAt(iteration: number): void {
    this.travel.goal = iteration;
  }

  /** Whether the run is to be made again, since the person has stepped back. */
  takeAgain(): boolean {
    const { again } = this.travel;
    this.travel.again = false;
    this.#verdict = null;
    return again && !this.left;
  }

  #quit(): void {
    this.view.pacer.run();
    if (!this.isOver) this.left = true;
    this.#done = true;
  }

  #take(id: EventId, timeNs: number, args: readonly TraceValue[]): void {
    if (this.left) return;
    const { view } = this;
    const run = this.#run!;
    run.refresh(view.model);
    run.takeChild(id, timeNs, args);
    const isMark = this.travel.underWay
      ? this.#pass(id, timeNs, args)
      : view.take(id, timeNs, args) !== null;
    const enters = id === EV.qemu_aio_coroutine_enter && args[1] === THREAD;
    const steps = enters && !view.model.inIteration;
    // Coroutines that the steps enter need no iteration, and are stepped like one.
    if (steps) view.arrive('iteration', 'the coroutine');
    if (isMark || steps) this.look();
  }

  /** Takes an event on the way to the goal, without a look at it. Returns whether it is there. */
  #pass(id: EventId, timeNs: number, args: readonly TraceValue[]): boolean {
    const { view, travel } = this;
    view.model.take(id, timeNs, args);
    travel.take(this.#run!.subject.loop, view.model, id, args);
    if (travel.again) return true;
    if (travel.underWay) return this.#passes++ % PASSES === 0;
    this.#sayNews();
    view.pacer.stepIteration();
    view.arrive('iteration');
    return true;
  }

  #sayNews(): void {
    if (this.travel.message !== '') this.view.say(this.travel.message);
    this.travel.message = '';
  }

  /** Reads the keys and draws, if it is time to. */
  look(): void {
    const { view } = this;
    const nowNs = this.#host.clockNs(CLOCK_MONOTONIC);
    if (nowNs - this.#lookedNs >= LOOK_NS) {
      this.#lookedNs = nowNs;
      this.#run!.refresh(view.model);
      view.readKeys();
      if (nowNs >= view.dueNs) view.draw();
      this.#lookForParent();
    }
    if (this.left || this.travel.again) this.#leave();
  }

  /** If the process that started this one is gone, nobody would learn of the result. */
  #lookForParent(): void {
    if (this.#host.getppid() !== this.#parent) this.#quit();
  }
}
