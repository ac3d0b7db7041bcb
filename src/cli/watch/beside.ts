/**
 * The view of a run that it is no part of. It reads and writes the terminal through the host of its
 * process, whatever the run's host is, and the run's trace events tell when there is time to look.
 */

import { CLOCK_MONOTONIC, SIGWINCH } from '../../host/constants.ts';
import { type Host, newSigAction } from '../../host/host.ts';
import { EV, EVENT_NAMES, type EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import { needForeground, Terminal } from '../terminal/terminal.ts';
import type { Driver } from './driver.ts';
import { HoldPoll } from './hold-poll.ts';
import { Model } from './model.ts';
import type { Pace } from './pacer.ts';
import { Past, roundsFrom } from './past.ts';
import type { Picture } from './past-readers.ts';
import { sendableOf } from './sendable.ts';
import { SentSignals } from './sent-signals.ts';
import { StepsBack } from './steps-back.ts';
import { iterationOf } from './stops.ts';
import { fdNamesOf, type Subject } from './subject.ts';
import { Travel } from './travel.ts';
import { View } from './view.ts';
import { skipTo, type WatchedRun } from './watched-run.ts';

/** The time between two looks at the keys while the run goes on. */
export const LOOK_NS = 20e6;
/** On the way to a goal, one in this many events is a reason to look at the keys. */
const PASSES = 4096;
/** The caller of a coroutine that no other coroutine enters. */
const THREAD = 0;
/** No signal reports a new size of the terminal, so it is checked this often. */
const TICK_NS = 200e6;

export class BesideView {
  /** Whether the person left before the end. */
  left = false;
  readonly travel = new Travel();
  #steps: StepsBack | null = null;
  #past: Past | null = null;
  /** Where the run that is made again is shown from; null for its start. */
  #point: Picture | null = null;
  /** How the run goes on once it is there. */
  #pace: Pace = 'iteration';
  readonly #sent = new SentSignals();
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
  readonly #guardFds: readonly number[];
  #lookedNs = 0;
  #passes = 0;

  /**
   * @param host the real kernel
   * @param leave ends the run by throwing
   * @throws CliError if the terminal is not ours
   */
  constructor(host: Host, color: boolean, leave: () => never, guardFds: readonly number[] = []) {
    this.#guardFds = guardFds;
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
    // A signal of the person's has to be sent again after the same event.
    const point = canSkip && this.#sent.isEmpty ? this.#point : null;
    this.#past ??= new Past(run.drive, false);
    const model = new Model(roundsFrom(run.drive, point?.stop ?? 1), false);
    this.#run = run;
    this.#sent.begin();
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
    const view = new View(this.#host, this.#color, model, this.#past!, this.#driver());
    view.open(subject, new HoldPoll(this.#host, view.console.fd, null), this.#guardFds);
    // Node handles the signal if there is a terminal, which would end a wait of the run.
    this.#host.sigaction(SIGWINCH, newSigAction(), null);
    this.#view = view;
    const run = { isOver: () => this.isOver, again: this.#makeAgain };
    this.#steps = new StepsBack(view, sendableOf(this.travel, view.pacer, run));
    return view;
  }

  /** Looking and pausing take no time of the run. */
  #follow({ trace, subject }: WatchedRun): void {
    this.#attached = trace.attach(EVENT_NAMES, (id, timeNs, ...args) =>
      subject.look(() => this.#take(id, timeNs, args)),
    );
  }

  /** Counts the iterations up to a point, and follows the run from there. */
  #skipTo({ stop, before, model }: Picture, run: WatchedRun): void {
    const passing = (): void => {
      if (this.#passes++ % PASSES === 0) run.subject.look(() => this.look(false));
    };
    this.#attached = skipTo(run, stop, passing, (id, timeNs, args) => {
      this.view.model.restore(before);
      this.view.model.takeEvents(model);
      this.#follow(run);
      run.subject.look(() => this.#take(id, timeNs, args));
    });
  }

  /** The run has ended: shows that until the person leaves, or steps back. */
  end(verdict: string): void {
    this.#attached?.dispose();
    this.#verdict = verdict;
    const { view, travel } = this;
    const run = this.#run!;
    run.refresh(view.model);
    view.model.version++;
    travel.runEnded();
    this.#sayNews();
    const stand = (): void => view.stand(() => (this.#done || travel.again ? 0 : TICK_NS));
    // As one look: many of them would let the run's clock go on.
    if (!this.left && !travel.again) run.subject.look(stand);
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
      send: (pid, signo) => this.#send(pid, signo),
      quit: () => this.#quit(),
      travel: (where) => this.#steps!.go(where),
      stepFromPast: (pace) => this.#steps!.step(pace),
      suspend: () => terminal.suspend(),
      hungUp: () => this.#quit(),
    };
  }

  readonly #makeAgain = (stop: number, pace: Pace): string => {
    // A person who leaves wants no other run, whatever else is typed.
    if (this.#done) return '';
    const past = this.#past!;
    const isKept = past.has(stop);
    if (!this.#run!.goesBack) {
      if (!isKept) return `no iteration before ${past.first} is kept any more`;
      if (pace !== 'run') return 'a real run is not made again: s steps on, space shows it';
      this.view.picture = null;
      return '';
    }
    this.#point = isKept ? past.picture(stop) : null;
    this.#pace = pace;
    past.cut(isKept ? iterationOf(stop) : 0);
    this.travel.goal = stop;
    this.travel.again = true;
    this.view.pacer.run();
    return '';
  };

  /** Sends a signal now, and again when the run is made again. */
  #send(pid: number, signo: number): number {
    const ret = this.#run!.send(pid, signo);
    if (ret >= 0) this.#sent.add(pid, signo);
    return ret;
  }

  /** Another thread is about to get the processor. */
  turn(name: string): void {
    this.#sent.move();
    if (this.#run!.hasBegunElsewhere()) this.#beginOther(name);
    else if (!this.travel.underWay) this.view.arrive('turn', name);
    this.#sent.again(this.#run!);
    this.look();
  }

  /** @param next the thread that goes on */
  #beginOther(next: string): void {
    const { view, travel } = this;
    view.passOther(next);
    if (!travel.underWay) view.arrive('iteration of another', next);
    else {
      travel.begun(view.model.stop);
      if (!travel.underWay && !travel.again) this.#goOn(next);
    }
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
    this.travel.again = false;
  }

  #take(id: EventId, timeNs: number, args: readonly TraceValue[]): void {
    if (this.left) return;
    this.#sent.move();
    const { view } = this;
    const run = this.#run!;
    run.refresh(view.model);
    if (run.hasBegunElsewhere()) this.#beginOther('main');
    run.takeChild(id, timeNs, args);
    const isMark = this.travel.underWay
      ? this.#pass(id, timeNs, args)
      : view.take(id, timeNs, args) !== null;
    const enters = id === EV.qemu_aio_coroutine_enter && args[1] === THREAD;
    // Coroutines that the steps enter need no iteration, and are stepped like one.
    const steps = enters && !view.model.inIteration;
    if (steps) view.arrive('iteration', 'the coroutine');
    this.#sent.again(run);
    if (isMark || steps) this.look();
  }

  /** Takes an event on the way to the goal, without a look at it. Returns whether it is there. */
  #pass(id: EventId, timeNs: number, args: readonly TraceValue[]): boolean {
    const { view, travel } = this;
    const mark = view.pass(id, timeNs, args);
    travel.take(view.model, id, args, () => fdNamesOf(this.#run!.subject.loop));
    if (mark?.kind === 'begin') travel.begun(mark.iteration);
    if (travel.again) return true;
    if (travel.underWay) return this.#passes++ % PASSES === 0;
    this.#goOn();
    return true;
  }

  /** The run is at its goal. */
  #goOn(before = ''): void {
    const pace = this.#pace;
    this.#pace = 'iteration';
    this.#sayNews();
    this.view.pacer.goOn(pace);
    if (pace === 'iteration') this.view.arrive('iteration', before);
  }

  #sayNews(): void {
    if (this.travel.message !== '') this.view.say(this.travel.message);
    this.travel.message = '';
  }

  /** Reads the keys and draws, if it is time to, and there is something to draw. */
  look(draws = true): void {
    const { view } = this;
    const nowNs = this.#host.clockNs(CLOCK_MONOTONIC);
    if (nowNs - this.#lookedNs >= LOOK_NS) {
      this.#lookedNs = nowNs;
      this.#run!.refresh(view.model);
      view.readKeys();
      if (draws && nowNs >= view.dueNs) view.draw();
      this.#lookForParent();
    }
    if (this.left || this.travel.again) this.#leave();
  }
  /** If the process that started this one is gone, nobody would learn of the result. */
  #lookForParent(): void {
    if (this.#host.getppid() !== this.#parent) this.#quit();
  }
}
