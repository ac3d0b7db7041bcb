/** The full-screen view, less who draws it and when: what is seen, the keys, and standing still. */

import { CLOCK_MONOTONIC, SIGKILL, SIGTERM } from '../../host/constants.ts';
import { errnoMessage } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import type { EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import { isBackground } from '../terminal/terminal.ts';
import { Console } from './console.ts';
import { Controls } from './controls.ts';
import { frame } from './frame.ts';
import type { HoldPoll } from './hold-poll.ts';
import { decodeKeys } from './keys.ts';
import type { Model } from './model.ts';
import { Pacer } from './pacer.ts';
import { OutputPane } from './pane.ts';
import type { Mark } from './rounds.ts';
import { Screen } from './screen.ts';
import type { Subject } from './subject.ts';

/** Between two frames while something happens: 20 a second at most. */
const FRAME_NS = 50e6;

/** What the view asks of what drives it. */
export interface Driver {
  /** Between two frames while nothing happens, and two looks at the terminal while it stands still, ns. */
  readonly tickNs: number;
  /** What is going on beyond the pace, for the first line; '' for nothing. */
  state(): string;
  /** Whether nothing may stand still any more. */
  isLeaving(): boolean;
  /** Everything stands still from now on, but for the view; or it goes on. */
  standsStill(still: boolean): void;
  /** Sends a signal to a child. Returns 0 or -errno. */
  send(pid: number, signo: number): number;
  quit(): void;
  /** Stops us, as a shell's job; false where nobody could continue us. */
  suspend(): boolean;
  /** The terminal is gone. */
  hungUp(): void;
}

interface Opened {
  readonly subject: Subject;
  readonly hold: HoldPoll;
  readonly guarded: boolean;
}

export class View {
  readonly model: Model;
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
  #drawnVersion = -1;
  #drawnNs = 0;

  /** @param host the real one, by which the terminal is read and written */
  constructor(host: Host, color: boolean, model: Model, driver: Driver) {
    this.#host = host;
    this.#color = color;
    this.#driver = driver;
    this.model = model;
    this.output = new OutputPane(() => {
      model.version++;
    });
    this.console = new Console(host);
    this.#screen = new Screen((text) => this.console.write(text));
    this.#controls = new Controls(this.pacer, {
      kill: (number, hard) => this.#kill(number, hard),
      quit: () => driver.quit(),
      suspend: () => this.#suspend(),
      redraw: () => this.#screen.forget(),
    });
  }

  /**
   * Takes the terminal.
   * @param guarded whether somebody looks after it while we are killed
   */
  open(subject: Subject, hold: HoldPoll, guarded: boolean): void {
    this.console.enter(guarded);
    this.#open = { subject, hold, guarded };
  }

  /** Gives the terminal back. */
  dispose(): void {
    const hold = this.#open?.hold;
    this.#open = null;
    this.console.leave(false, (fd) => hold?.waitForRoom(fd) ?? false);
    hold?.dispose();
  }

  /** Takes a trace event, and stands still where the pace says so. Returns what the event is to the iterations. */
  take(id: EventId, timeNs: number, args: readonly TraceValue[]): Mark | null {
    const mark = this.model.take(id, timeNs, args);
    if (mark !== null && mark.kind !== 'end') this.arrive(mark.kind === 'begin');
    return mark;
  }

  /**
   * Something is about to happen: stands still where the pace says so.
   * @param before what that is, where it is neither an iteration nor a phase of one
   */
  arrive(atIteration: boolean, before = ''): void {
    this.#before = before;
    if (this.pacer.arrive(atIteration) || this.pacer.delayNs > 0) this.#hold();
    this.#before = '';
  }

  /** When the next frame is due, on the real host's CLOCK_MONOTONIC. */
  get dueNs(): number {
    const changed = this.model.version !== this.#drawnVersion;
    return this.#drawnNs + (changed ? FRAME_NS : this.#driver.tickNs);
  }

  draw(): void {
    if (this.#open === null) return;
    const { subject } = this.#open;
    this.#drawnNs = this.#host.clockNs(CLOCK_MONOTONIC);
    // A terminal that is slow gets the next frame, and not all in between.
    this.console.flush();
    if (this.console.busy) return;
    const [columns, rows] = this.console.size();
    const style = { color: this.#color, width: columns };
    const parts = {
      view: { model: this.model, subject, style, nowNs: subject.nowNs() },
      pacer: this.pacer,
      controls: this.#controls,
      output: this.output.lines,
      state: this.#driver.state(),
      before: this.#before || this.model.phase || 'the iteration',
    };
    const lines = subject.look(() => frame(parts, columns, rows));
    this.#screen.draw(lines, columns);
    this.#drawnVersion = this.model.version;
  }

  /** Does what was typed, if anything was. */
  readKeys(): void {
    // A pause within this iteration may have read them already.
    if (!this.#open!.hold.hasKeys()) return;
    const page = Math.max(1, this.console.size()[1] - 8);
    for (const key of decodeKeys(this.console.read())) this.#controls.press(key, page);
    this.model.version++;
    if (!this.console.hungUp) return;
    this.pacer.run();
    this.#driver.hungUp();
  }

  /**
   * Serves nothing but the terminal.
   * @param leftNs for how long still, ns; 0 where it is over
   */
  stand(leftNs: () => number): void {
    for (;;) {
      const ns = leftNs();
      this.draw();
      if (ns <= 0) return;
      const { hold } = this.#open!;
      const { keys, urgent, room } = hold.wait(
        Math.min(ns, this.#driver.tickNs),
        this.console.pollFd,
      );
      if (room) this.console.flush();
      if (keys) this.readKeys();
      if (urgent || this.console.hungUp || this.#driver.isLeaving()) return;
    }
  }

  /** The loop stands still, and only the view's keys are served. */
  #hold(): void {
    const { subject, hold } = this.#open!;
    const fromNs = subject.nowNs();
    const untilNs = this.#host.clockNs(CLOCK_MONOTONIC) + this.pacer.delayNs;
    let held = true;
    this.#driver.standsStill(true);
    this.stand(() => {
      this.model.keepAll = !this.pacer.running;
      held = this.pacer.paused;
      if (held) return this.#driver.tickNs;
      return this.pacer.delayNs === 0 ? 0 : untilNs - this.#host.clockNs(CLOCK_MONOTONIC);
    });
    // Something urgent has ended it.
    if (held) this.pacer.run();
    hold.settle();
    this.#driver.standsStill(false);
    this.model.stoodStill(subject.nowNs() - fromNs);
  }

  #kill(number: number, hard: boolean): string {
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
    // Continued in the background: there the terminal is another's.
    while (stopped && isBackground(this.#host)) stopped = this.#driver.suspend();
    this.console.enter(this.#open!.guarded);
    this.#driver.standsStill(held);
    this.#screen.forget();
    if (!stopped) this.#controls.message = 'nobody could continue us: Ctrl-Z is refused';
  }
}
