/**
 * `--watch` of --spawn: the loop that it shows also draws it, and its keys are an fd of that loop.
 */

import { QEMU_CLOCK_REALTIME } from '../../aio/clock.ts';
import type { QemuTimer } from '../../aio/timer.ts';
import { CLOCK_MONOTONIC, SIGHUP, SIGINT, SIGTERM, SIGWINCH } from '../../host/constants.ts';
import type { Disposable } from '../../host/host.ts';
import { Proc } from '../../host/proc.ts';
import { EV, EVENT_NAMES, type EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import type { LineOutput } from '../output/output.ts';
import type { Driver } from '../watch/driver.ts';
import { HoldPoll } from '../watch/hold-poll.ts';
import { DRAW_TIMER, KEYS_HANDLER } from '../watch/listed.ts';
import { Model } from '../watch/model.ts';
import type { Pace } from '../watch/pacer.ts';
import { Past } from '../watch/past.ts';
import { processState } from '../watch/process-state.ts';
import { MainLoopRounds } from '../watch/rounds.ts';
import { StepsBack } from '../watch/steps-back.ts';
import type { Subject } from '../watch/subject.ts';
import { View } from '../watch/view.ts';
import { continueToEnd } from './sender.ts';
import type { Watched, WatchParts, WatchView } from './watch-parts.ts';

/** The children's ages advance even if nothing happens. */
const TICK_NS = 1e9;

const ENDING: readonly number[] = [SIGTERM, SIGINT, SIGHUP];

export class Watch implements WatchView {
  done = false;
  readonly #parts: WatchParts;
  readonly #view: View;
  readonly #steps: StepsBack;
  #open: Opened | null = null;
  #quits = 0;
  #ended = false;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    const model = new Model(new MainLoopRounds(), true);
    const past = new Past('main_loop', true);
    this.#view = new View(parts.host, parts.color, model, past, this.#driver());
    this.#steps = new StepsBack(this.#view, {
      isOver: () => false,
      goTo: () => 'that has not been yet',
      searchOn: (text) => `'${text}' is not after this`,
      again: (_iteration, pace) => this.#leavePast(pace),
      standStill: () => {},
    });
  }

  get output(): LineOutput {
    return this.#view.output;
  }

  open(watched: Watched): void {
    const { loop, signals, adopts } = watched;
    const { host } = this.#parts;
    const view = this.#view;
    // If adopted processes are ours too, a guard would be one of them.
    view.open(
      this.#subject(watched),
      new HoldPoll(host, view.console.fd, signals),
      adopts ? null : [],
    );
    const sink = (id: EventId, timeNs: number, ...args: TraceValue[]): void =>
      this.#take(id, timeNs, args);
    this.#open = {
      ...watched,
      timer: loop.timers.newTimer(QEMU_CLOCK_REALTIME, DRAW_TIMER, () => view.draw()),
      keys: loop.setFdHandler(view.console.fd, {
        name: KEYS_HANDLER,
        ioRead: () => view.readKeys(),
      }),
      sink: loop.trace.attach(EVENT_NAMES, sink),
    };
    view.console.useLoop(loop);
    view.draw();
  }

  note(what: string, timeNs: number, text: string): void {
    // The time of --timeout is up: the person need not be there to leave the view.
    if (what === 'timeout') this.#quits++;
    this.#view.model.note(timeNs, what, text);
  }

  ended(stays: boolean): void {
    this.#ended = true;
    if (!stays || this.#quits > 0 || this.#view.console.hungUp) this.done = true;
    this.#view.model.version++;
  }

  dispose(): void {
    const open = this.#open;
    this.#open = null;
    if (open !== null) {
      for (const part of [open.sink, open.keys, open.timer]) part.dispose();
    }
    this.#view.dispose();
  }

  #subject({ loop }: Watched): Subject {
    const { host, summary } = this.#parts;
    const proc = new Proc(host);
    return {
      loop,
      children: summary.children,
      startNs: summary.startNs,
      digits: 6,
      outputTitle: 'output',
      nowNs: () => host.clockNs(CLOCK_MONOTONIC),
      kernel: {
        pending: () => host.pendingSignals(),
        processState: (pid) => processState(proc, pid),
      },
      isReal: true,
      look: (act) => act(),
    };
  }

  #driver(): Driver {
    const { host, group } = this.#parts;
    return {
      tickNs: TICK_NS,
      state: () => this.#state(),
      isLeaving: () => false,
      standsStill: (still) => this.#view.console.useLoop(still ? null : this.#open!.loop),
      send: (pid, signo) => {
        const target = group ? -pid : pid;
        const ret = host.kill(target, signo);
        continueToEnd(host, target, signo);
        return ret;
      },
      quit: () => this.#quit(),
      travel: (where) => this.#steps.go(where),
      stepFromPast: (pace) => this.#steps.step(pace),
      suspend: () => this.#open!.suspend(),
      hungUp: () => {
        this.#open!.keys.dispose();
        if (this.#ended) this.done = true;
      },
    };
  }

  /** The loop has gone on meanwhile, and cannot be made again. */
  #leavePast(pace: Pace): string {
    if (pace !== 'run') return 'this has been: s steps on, space shows what is now';
    this.#view.picture = null;
    return '';
  }

  #take(id: EventId, timeNs: number, args: readonly TraceValue[]): void {
    if (id === EV.signalfd_record) this.#signal(Number(args[0]));
    if (id === EV.main_loop_wait_begin) this.#armTimer(timeNs);
    this.#view.take(id, timeNs, args);
  }

  #signal(signo: number): void {
    if (signo === SIGWINCH) this.#view.model.version++;
    if (!ENDING.includes(signo)) return;
    this.#quits ||= 1;
    if (this.#ended) this.done = true;
  }

  /** Before the iteration computes how long it may sleep, so that the timer counts. */
  #armTimer(nowNs: number): void {
    const { timer } = this.#open!;
    if (!this.#view.pacer.running) {
      timer.del();
      return;
    }
    const { dueNs } = this.#view;
    if (!timer.pending || timer.deadlineNs > dueNs) timer.modNs(Math.max(dueNs, nowNs));
  }

  #state(): string {
    if (this.#ended) return 'ALL ENDED: q leaves';
    if (this.#quits > 0) return this.#quits > 1 ? 'KILLED' : 'QUITTING: q kills';
    return '';
  }

  #quit(): void {
    this.#view.pacer.run();
    if (this.#ended) this.done = true;
    else if (++this.#quits > 1) this.#open!.killEverybody();
    else this.#parts.host.kill(this.#parts.host.getpid(), SIGTERM);
  }
}

interface Opened extends Watched {
  readonly timer: QemuTimer;
  readonly keys: Disposable;
  readonly sink: Disposable;
}
