/** `--watch`: a full-screen view of the loop, drawn by the loop itself. */

import { QEMU_CLOCK_REALTIME } from '../../aio/clock.ts';
import type { QemuTimer } from '../../aio/timer.ts';
import {
  CLOCK_MONOTONIC,
  SIGHUP,
  SIGINT,
  SIGKILL,
  SIGTERM,
  SIGWINCH,
} from '../../host/constants.ts';
import type { Disposable } from '../../host/host.ts';
import { EV, EVENT_NAMES, type EventId } from '../../trace/catalogue.ts';
import { isBackground } from '../tty.ts';
import { Console } from './console.ts';
import { type Actions, Controls } from './controls.ts';
import { frame } from './frame.ts';
import { HoldPoll } from './hold-poll.ts';
import { decodeKeys } from './keys.ts';
import { DRAW_TIMER, KEYS_HANDLER, Model } from './model.ts';
import { Pacer } from './pacer.ts';
import { OutputPane } from './pane.ts';
import type { Watched, WatchParts, WatchView } from './parts.ts';
import { Screen } from './screen.ts';

/** Between two frames while something happens: 20 a second at most. */
const FRAME_NS = 50e6;
/** Between two frames while nothing does: the children's ages go on. */
const TICK_NS = 1e9;

const ENDING: readonly number[] = [SIGTERM, SIGINT, SIGHUP];

export class Watch implements WatchView {
  readonly output: OutputPane;
  done = false;
  readonly #parts: WatchParts;
  readonly #model = new Model();
  readonly #pacer = new Pacer();
  readonly #controls: Controls;
  readonly #console: Console;
  readonly #screen: Screen;
  #open: Opened | null = null;
  #drawnVersion = -1;
  #drawnNs = 0;
  #quits = 0;
  #ended = false;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.output = new OutputPane(() => {
      this.#model.version++;
    });
    this.#console = new Console(parts.host);
    this.#screen = new Screen((text) => this.#console.write(text));
    this.#controls = new Controls(this.#pacer, this.#actions());
  }

  open(watched: Watched): void {
    const { loop, signals } = watched;
    const { host } = this.#parts;
    // Where children that nobody looks after are ours too, a guard would be one of them.
    this.#console.enter(!watched.adopts);
    const sink = (id: EventId, timeNs: number, ...args: (string | number | undefined)[]): void =>
      this.#take(id, timeNs, args);
    this.#open = {
      ...watched,
      hold: new HoldPoll(host, this.#console.fd, signals),
      timer: loop.timers.newTimer(QEMU_CLOCK_REALTIME, DRAW_TIMER, () => this.#draw()),
      keys: loop.setFdHandler(this.#console.fd, {
        name: KEYS_HANDLER,
        ioRead: () => this.#readKeys(),
      }),
      sink: loop.trace.attach(EVENT_NAMES, sink),
    };
    this.#console.useLoop(loop);
    this.#draw();
  }

  note(what: string, timeNs: number, text: string): void {
    // The time of --timeout: whoever set it need not be there to leave the view.
    if (what === 'timeout') this.#quits++;
    this.#model.note({ timeNs, func: what, text });
  }

  ended(stays: boolean): void {
    this.#ended = true;
    if (!stays || this.#quits > 0 || this.#console.hungUp) this.done = true;
    this.#model.version++;
  }

  dispose(): void {
    const open = this.#open;
    this.#open = null;
    if (open !== null) {
      for (const part of [open.sink, open.keys, open.timer, open.hold]) part.dispose();
    }
    this.#console.leave();
  }

  #take(id: EventId, timeNs: number, args: readonly (string | number | undefined)[]): void {
    this.#model.take(id, timeNs, args);
    if (id === EV.signalfd_record) this.#signal(Number(args[0]));
    const begins = id === EV.main_loop_wait_begin;
    if (!begins && id !== EV.main_loop_phase) return;
    if (begins) this.#armTimer(timeNs);
    const holds = this.#pacer.arrive(begins) || this.#pacer.delayNs > 0;
    if (holds) this.#hold();
  }

  #signal(signo: number): void {
    if (signo === SIGWINCH) this.#model.version++;
    if (!ENDING.includes(signo)) return;
    this.#quits ||= 1;
    if (this.#ended) this.done = true;
  }

  /** Before the iteration computes how long it may sleep, so that it counts. */
  #armTimer(nowNs: number): void {
    const { timer } = this.#open!;
    if (!this.#pacer.running) {
      timer.del();
      return;
    }
    const changed = this.#model.version !== this.#drawnVersion;
    const dueNs = this.#drawnNs + (changed ? FRAME_NS : TICK_NS);
    if (!timer.pending || timer.deadlineNs > dueNs) timer.modNs(Math.max(dueNs, nowNs));
  }

  #draw(): void {
    const open = this.#open;
    if (open === null) return;
    const { report, color, host } = this.#parts;
    const nowNs = host.clockNs(CLOCK_MONOTONIC);
    this.#drawnNs = nowNs;
    // A terminal that is slow gets the next frame, and not all in between.
    if (this.#console.busy) return;
    const [columns, rows] = this.#console.size();
    const style = { color, width: columns };
    const view = { model: this.#model, loop: open.loop, report, style, nowNs };
    const parts = {
      view,
      pacer: this.#pacer,
      controls: this.#controls,
      output: this.output.lines,
      state: this.#state(),
    };
    this.#screen.draw(frame(parts, columns, rows), columns);
    this.#drawnVersion = this.#model.version;
  }

  #state(): string {
    if (this.#ended) return 'ALL ENDED: q leaves';
    if (this.#quits > 0) return this.#quits > 1 ? 'KILLED' : 'QUITTING: q kills';
    return '';
  }

  /** The loop stands still, and only the view's keys are served. */
  #hold(): void {
    const { host } = this.#parts;
    const { hold, loop } = this.#open!;
    const startNs = host.clockNs(CLOCK_MONOTONIC);
    const untilNs = startNs + this.#pacer.delayNs;
    this.#console.useLoop(null);
    for (;;) {
      this.#model.keepAll = !this.#pacer.running;
      this.#draw();
      if (!this.#pacer.paused) {
        const leftNs = untilNs - host.clockNs(CLOCK_MONOTONIC);
        if (leftNs <= 0 || this.#pacer.delayNs === 0) break;
        if (this.#serve(hold.wait(leftNs))) break;
      } else if (this.#serve(hold.wait(TICK_NS))) break;
    }
    hold.settle();
    this.#console.useLoop(loop);
    this.#model.stoodStill(host.clockNs(CLOCK_MONOTONIC) - startNs);
  }

  /** Returns whether the loop must go on. */
  #serve({ keys, urgent }: { readonly keys: boolean; readonly urgent: boolean }): boolean {
    if (keys) this.#readKeys();
    if (!urgent && !this.#console.hungUp) return false;
    this.#pacer.run();
    return true;
  }

  #readKeys(): void {
    const { hold, keys } = this.#open!;
    // A pause within this iteration may have read them already.
    if (!hold.hasKeys()) return;
    const page = Math.max(1, this.#console.size()[1] - 8);
    for (const key of decodeKeys(this.#console.read())) this.#controls.press(key, page);
    this.#model.version++;
    if (!this.#console.hungUp) return;
    keys.dispose();
    this.#pacer.run();
    if (this.#ended) this.done = true;
  }

  #actions(): Actions {
    return {
      kill: (number, hard) => this.#kill(number, hard),
      quit: () => this.#quit(),
      suspend: () => this.#suspend(),
      redraw: () => this.#screen.forget(),
    };
  }

  #kill(number: number, hard: boolean): string {
    const { report, host, group } = this.#parts;
    const row = report.children.find((one) => one.number === number);
    if (row === undefined) return `there is no child ${number}`;
    if (row.pid === 0 || row.code !== 0) return `child ${number} does not run`;
    const ret = host.kill(group ? -row.pid : row.pid, hard ? SIGKILL : SIGTERM);
    const name = hard ? 'SIGKILL' : 'SIGTERM';
    return ret < 0 ? `child ${number} cannot be killed` : `${name} sent to child ${number}`;
  }

  #quit(): void {
    this.#pacer.run();
    if (this.#ended) this.done = true;
    else if (++this.#quits > 1) this.#open!.killEverybody();
    else this.#parts.host.kill(this.#parts.host.getpid(), SIGTERM);
  }

  #suspend(): void {
    const { suspend, adopts, loop } = this.#open!;
    const held = this.#pacer.paused;
    this.#console.leave();
    let stopped = suspend();
    // Continued in the background: there the terminal is another's.
    while (stopped && isBackground(this.#parts.host)) stopped = suspend();
    this.#console.enter(!adopts);
    this.#console.useLoop(held ? null : loop);
    this.#screen.forget();
    if (!stopped) this.#controls.message = 'nobody could continue us: Ctrl-Z is refused';
  }
}

interface Opened extends Watched {
  readonly hold: HoldPoll;
  readonly timer: QemuTimer;
  readonly keys: Disposable;
  readonly sink: Disposable;
}
