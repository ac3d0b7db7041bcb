/** The full-screen view: what is seen, the keys, and the pauses. A Driver says when it draws. */

import { CLOCK_MONOTONIC, SIGKILL, SIGTERM } from '../../host/constants.ts';
import { errnoMessage } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import type { EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import { isBackground } from '../terminal/terminal.ts';
import { Console } from './console.ts';
import { Controls } from './controls.ts';
import type { Driver } from './driver.ts';
import { type FrameParts, frame } from './frame.ts';
import type { HoldPoll } from './hold-poll.ts';
import { type Kernel, SeenKernel } from './kernel.ts';
import { decodeKeys } from './keys.ts';
import type { Model } from './model.ts';
import { type Moment, readMoment, writeMoment } from './moment.ts';
import { NameTable } from './names.ts';
import { NumberList } from './number-list.ts';
import { PAUSED, Pacer, type Step } from './pacer.ts';
import { OutputPane, type Place } from './pane.ts';
import type { Past } from './past.ts';
import type { Picture } from './past-readers.ts';
import type { Mark } from './rounds.ts';
import { Screen } from './screen.ts';
import type { Subject } from './subject.ts';

/** Least time between two frames while something happens: at most 20 a second. */
const FRAME_NS = 50e6;

interface Opened {
  readonly subject: Subject;
  readonly hold: HoldPoll;
  readonly guardFds: readonly number[] | null;
}

export class View {
  model: Model;
  /** The iteration of the past that is shown in place of the run; null for none. */
  picture: Picture | null = null;
  readonly past: Past;
  readonly pacer = new Pacer();
  readonly console: Console;
  readonly output: OutputPane;
  readonly #host: Host;
  readonly #color: boolean;
  readonly #driver: Driver;
  readonly #controls: Controls;
  readonly #screen: Screen;
  #open: Opened | null = null;
  #before = '';
  /** The kernel as the last frame has it. */
  readonly #seen = new SeenKernel();
  #drawnVersion = -1;
  #drawnNs = 0;

  /** @param host the real one, which reads and writes the terminal */
  constructor(host: Host, color: boolean, model: Model, past: Past, driver: Driver) {
    this.past = past;
    past.follow(model);
    this.#host = host;
    this.#color = color;
    this.#driver = driver;
    this.model = model;
    this.output = new OutputPane(() => {
      this.model.version++;
    });
    this.console = new Console(host);
    this.#screen = new Screen((text) => this.console.write(text));
    this.#controls = new Controls(this.pacer, {
      kill: (number, hard) => this.#kill(number, hard),
      quit: () => driver.quit(),
      travel: (where) => driver.travel(where),
      stepFromPast: (step) => this.picture !== null && driver.stepFromPast(step),
      suspend: () => this.#suspend(),
      redraw: () => this.#screen.forget(),
    });
  }

  /**
   * Takes the terminal.
   * @param guardFds see Console.enter
   */
  open(subject: Subject, hold: HoldPoll, guardFds: readonly number[] | null): void {
    this.console.enter(guardFds);
    this.#open = { subject, hold, guardFds };
    this.#controls.hasThreads = subject.threads !== undefined;
    this.#controls.takesTurns = subject.threads?.takeTurns ?? false;
  }

  /** Shows the same run again, from its start. */
  restart(model: Model, subject: Subject): void {
    this.model = model;
    this.past.follow(model);
    this.picture = null;
    this.output.clear();
    this.#open = { ...this.#open!, subject };
  }

  /** Shows a text on the last line until the next key. */
  say(text: string): void {
    this.#controls.message = text;
    this.model.version++;
  }

  /** Gives the terminal back. */
  dispose(): void {
    const hold = this.#open?.hold;
    this.#open = null;
    this.console.leave(false, (fd) => hold?.waitForRoom(fd) ?? false);
    hold?.dispose();
  }

  /**
   * Takes a trace event, and pauses if the pace says so. Returns the event's meaning for the
   * iterations.
   */
  take(id: EventId, timeNs: number, args: readonly TraceValue[]): Mark | null {
    const mark = this.pass(id, timeNs, args);
    if (mark !== null && mark.kind !== 'end') {
      this.arrive(mark.kind === 'begin' ? 'iteration' : 'phase');
    }
    return mark;
  }

  /** Takes it without a pause. */
  pass(id: EventId, timeNs: number, args: readonly TraceValue[]): Mark | null {
    const mark = this.model.take(id, timeNs, args);
    if (mark?.kind === 'begin') this.past.keepMoment(...this.#now);
    return mark;
  }

  /**
   * An iteration of another thread has begun, whose events the model has taken.
   * @param next the thread that goes on
   */
  passOther(next: string): void {
    this.model.stopInOther();
    this.past.keepOther(this.model.stop, next);
    this.past.keepMoment(...this.#now);
  }

  /** The parts of a moment. */
  get #now(): [Subject, Kernel, Place] {
    const { subject } = this.#open!;
    return [subject, subject.isReal ? this.#seen : subject.kernel, this.output.place];
  }

  /**
   * Pauses before the next step, if the pace says so.
   * @param before the step, unless it is an iteration or a phase of one
   */
  arrive(step: Step, before = ''): void {
    this.#before = before;
    if (this.pacer.arrive(step) || this.pacer.delayNs > 0) this.#hold();
    this.#before = '';
  }

  /** Time at which the next frame is due, by the real host's CLOCK_MONOTONIC, ns. */
  get dueNs(): number {
    const changed = this.model.version !== this.#drawnVersion;
    return this.#drawnNs + (changed ? FRAME_NS : this.#driver.tickNs);
  }

  get nowNs(): number {
    return this.#host.clockNs(CLOCK_MONOTONIC);
  }

  draw(): void {
    if (this.#open === null) return;
    const { subject } = this.#open;
    this.#drawnNs = this.nowNs;
    // A slow terminal gets the latest frame, and skips those in between.
    this.console.flush();
    if (this.console.busy) return;
    const [columns, rows] = this.console.size();
    const lines = subject.look(() => frame(this.#parts(subject, columns), columns, rows));
    this.#screen.draw(lines, columns);
    this.#drawnVersion = this.model.version;
  }

  #parts(subject: Subject, columns: number): FrameParts {
    const { digits, outputTitle } = subject;
    const [picture, controls] = [this.picture, this.#controls];
    const { model, moment } = picture ?? { model: this.model, moment: this.#moment(subject) };
    const style = { color: this.#color, width: columns };
    const view = { model, moment, style, digits, outputTitle };
    if (picture !== null) {
      const output = this.output.linesAt(moment.lines);
      const before = picture.next || 'the iteration';
      return { view, pacer: PAUSED, controls, output, state: '', before };
    }
    return {
      ...{ view, pacer: this.pacer, controls, output: this.output.lines },
      state: this.#driver.state(),
      before: this.#before || this.model.phase || 'the iteration',
    };
  }

  #moment(subject: Subject): Moment {
    const names = new NameTable();
    const numbers = new NumberList();
    writeMoment(subject, this.#seen.asking(subject.kernel), this.output.place, names, numbers);
    return readMoment(numbers.values, names.list);
  }

  get hasKeys(): boolean {
    return this.#open!.hold.hasKeys();
  }

  /** Carries out the keys typed, if any. */
  readKeys(): void {
    // A pause within this iteration may have read them already.
    if (!this.hasKeys) return;
    const page = Math.max(1, this.console.size()[1] - 8);
    for (const key of decodeKeys(this.console.read())) this.#controls.press(key, page);
    this.model.version++;
    if (!this.console.hungUp) return;
    this.pacer.run();
    this.#driver.hungUp();
  }

  /**
   * Serves only the terminal.
   * @param leftNs returns the time still to serve, ns; 0 ends it
   */
  stand(leftNs: () => number): void {
    for (;;) {
      const ns = leftNs();
      this.draw();
      if (ns <= 0) return;
      const mostNs = Math.min(ns, this.#driver.tickNs);
      const { keys, urgent, room } = this.#open!.hold.wait(mostNs, this.console.pollFd);
      if (room) this.console.flush();
      if (keys) this.readKeys();
      if (urgent || this.console.hungUp || this.#driver.isLeaving()) return;
    }
  }

  /** Pauses the loop; meanwhile serves only the view's keys. */
  #hold(): void {
    const { subject, hold } = this.#open!;
    const fromNs = subject.nowNs();
    const untilNs = this.nowNs + this.pacer.delayNs;
    let held = true;
    this.#driver.standsStill(true);
    this.stand(() => {
      this.model.keepAll = !this.pacer.running;
      held = this.pacer.paused;
      if (held) return this.#driver.tickNs;
      return this.pacer.delayNs === 0 ? 0 : untilNs - this.nowNs;
    });
    // An urgent signal has ended the pause.
    if (held) this.pacer.run();
    hold.settle();
    this.#driver.standsStill(false);
    this.model.stoodStill(subject.nowNs() - fromNs);
  }

  #kill(number: number, hard: boolean): string {
    if (this.picture !== null) return 'this has been: s, p and space go on from here';
    const { children } = this.#open!.subject;
    const row = children.find((one) => one.number === number);
    if (row === undefined) return `there is no child ${number}`;
    if (row.pid === 0 || row.code !== 0) return `child ${number} does not run`;
    const ret = this.#driver.send(row.pid, hard ? SIGKILL : SIGTERM);
    const name = hard ? 'SIGKILL' : 'SIGTERM';
    return ret < 0
      ? `${name} cannot be sent to child ${number}: ${errnoMessage(-ret)}`
      : `${name} sent to child ${number}`;
  }

  #suspend(): void {
    const held = this.pacer.paused;
    const { hold } = this.#open!;
    this.console.leave(true, (fd) => hold.waitForRoom(fd));
    let stopped = this.#driver.suspend();
    // We were continued in the background, and the terminal belongs to another job.
    while (stopped && isBackground(this.#host)) stopped = this.#driver.suspend();
    this.console.enter(this.#open!.guardFds);
    this.#driver.standsStill(held);
    this.#screen.forget();
    if (!stopped) this.#controls.message = 'Ctrl-Z is refused: nobody could continue us';
  }
}
