import { EV, type EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import { DRAW_TIMER, happensElsewhere, isListed, KEYS_HANDLER } from './listed.ts';
import type { Entry, ModelInputs, ModelState, Runs } from './model-state.ts';
import type { Mark, Rounds } from './rounds.ts';
import { nextOther } from './stops.ts';

/** Output's name for the handler that writes the view's frames. */
const FRAME_HANDLER = 'write 1';

/** Number of events that can be scrolled back to. */
export const MOST_EVENTS = 5000;

/**
 * The state of the loop, as its trace events tell it.
 *
 * If the loop itself draws the view, drawing causes iterations too. An iteration in which
 * nothing else ran is counted as the view's own and its events are dropped; otherwise the
 * view would mostly show itself.
 */
export class Model {
  iteration = 0;
  /** The last stop, which is an iteration of main's or of another thread's. */
  stop = 0;
  ownIterations = 0;
  wakeups = 0;
  reaped = 0;
  /** Changes whenever a new frame is worth drawing. */
  version = 0;
  /** Whether an iteration is under way. */
  inIteration = false;
  /** The current phase of the iteration; '' before the first. */
  phase = '';
  /** ns of each phase: in the last iteration that was not the view's own, and in all. */
  readonly lastNs: Float64Array;
  readonly totalNs: Float64Array;
  readonly fds = new Map<number, Runs>();
  /** Keyed by context and name. */
  readonly bottomHalves = new Map<string, Runs>();
  readonly timers = new Map<string, Runs>();
  /** Names, keyed by the number that events use. */
  readonly coroutines = new Map<number, string>();
  readonly threads = new Map([[1, 'main']]);
  /** Records read, keyed by signal. */
  readonly signals = new Map<number, number>();
  /** Is told all that this takes. */
  inputs: ModelInputs | null = null;
  readonly phases: readonly string[];
  /** Whether the view is drawn by the loop that it shows. */
  readonly drawnByLoop: boolean;

  readonly #rounds: Rounds;
  #events: Entry[] = [];
  /** How many events have got a line so far. */
  #lines = 0;
  #keepAll = false;
  readonly #held: Entry[] = [];
  #foreign: boolean;
  #woken = false;
  #phaseStartNs = 0;
  readonly #nowNs: Float64Array;

  constructor(rounds: Rounds, drawnByLoop: boolean) {
    this.#rounds = rounds;
    this.phases = rounds.phases;
    this.drawnByLoop = drawnByLoop;
    this.#foreign = !drawnByLoop;
    this.lastNs = new Float64Array(this.phases.length);
    this.totalNs = new Float64Array(this.phases.length);
    this.#nowNs = new Float64Array(this.phases.length);
  }

  /** Called when an iteration begins, and when something but the loop's own rounds happens. */
  onBegin: (iteration: number) => void = () => {};
  onHappened: () => void = () => {};

  /** A copy of the counts and names. */
  state(): ModelState {
    const copy = <K>(runs: Map<K, Runs>): Map<K, Runs> =>
      new Map([...runs].map(([key, one]) => [key, { ...one }]));
    return {
      lines: this.#lines,
      keepAll: this.#keepAll,
      ownIterations: this.ownIterations,
      ...{ wakeups: this.wakeups, reaped: this.reaped },
      lastNs: this.lastNs.slice(),
      totalNs: this.totalNs.slice(),
      fds: copy(this.fds),
      bottomHalves: copy(this.bottomHalves),
      timers: copy(this.timers),
      ...{ coroutines: new Map(this.coroutines), threads: new Map(this.threads) },
      signals: new Map(this.signals),
    };
  }

  /** Takes over such a copy, in an empty Model. */
  restore(state: ModelState): void {
    this.#lines = state.lines;
    this.#keepAll = state.keepAll;
    this.ownIterations = state.ownIterations;
    this.wakeups = state.wakeups;
    this.reaped = state.reaped;
    this.lastNs.set(state.lastNs);
    this.totalNs.set(state.totalNs);
    for (const [key, one] of state.fds) this.fds.set(key, { ...one });
    for (const [key, one] of state.bottomHalves) this.bottomHalves.set(key, { ...one });
    for (const [key, one] of state.timers) this.timers.set(key, { ...one });
    for (const [key, name] of state.coroutines) this.coroutines.set(key, name);
    for (const [key, name] of state.threads) this.threads.set(key, name);
    for (const [key, count] of state.signals) this.signals.set(key, count);
  }

  /** The last events that got a line. */
  get events(): readonly Entry[] {
    if (this.#events.length > MOST_EVENTS) this.#events = this.#events.slice(-MOST_EVENTS);
    return this.#events;
  }

  /** Takes over the events of a Model of the same run. */
  takeEvents(from: Model): void {
    this.#events = [...from.events];
  }

  /** Whether the events of every iteration are kept, even of the view's own. */
  get keepAll(): boolean {
    return this.#keepAll;
  }

  set keepAll(all: boolean) {
    if (all !== this.#keepAll) this.inputs?.keepsAll(all);
    this.#keepAll = all;
  }

  note(timeNs: number, func: string, text: string): void {
    this.inputs?.note(timeNs, func, text);
    this.#happened();
    this.#keep({ timeNs, func, text });
  }

  /** Excludes a pause from the time of the current phase. */
  stoodStill(ns: number): void {
    if (ns !== 0) this.inputs?.stoodStill(ns);
    if (this.#phaseStartNs > 0) this.#phaseStartNs += ns;
  }

  /** Takes an event. Returns what it means for the iterations. */
  take(id: EventId, timeNs: number, args: readonly TraceValue[]): Mark | null {
    const mark = this.#rounds.at(id, args);
    if (mark?.kind === 'begin') this.onBegin(mark.iteration);
    this.inputs?.event(id, timeNs, args);
    if (mark !== null) this.#round(mark, timeNs);
    this.#count(id, timeNs, args);
    if (!isListed(id, args)) return mark;
    this.#held.push({ timeNs, id, args });
    if (this.#foreign || this.#keepAll) this.#keepHeld();
    return mark;
  }

  /** Takes an event of another thread than main. */
  takeOther(thread: string, id: EventId, timeNs: number, args: readonly TraceValue[]): void {
    this.inputs?.other(thread, id, timeNs, args);
    this.version++;
    if (id === EV.aio_bh_call_begin) ran(this.bottomHalves, `${args[0]} ${args[1]}`, timeNs);
    if (id === EV.bql_lock) this.threads.set(Number(args[0]), thread);
    if (happensElsewhere(id, args)) this.onHappened();
    if (isListed(id, args)) this.#keep({ thread, timeNs, id, args });
  }

  /** An iteration of another thread has begun: the view may stop here. */
  stopInOther(): void {
    this.stop = nextOther(this.stop);
  }

  #round(mark: Mark, timeNs: number): void {
    if (mark.kind === 'begin') {
      this.#begin(mark.iteration);
      return;
    }
    this.#endPhase(timeNs);
    this.phase = mark.kind === 'phase' ? mark.phase : '';
    if (mark.kind === 'end') this.#end();
  }

  #count(id: EventId, timeNs: number, args: readonly TraceValue[]): void {
    switch (id) {
      case EV.fd_handler_begin:
        if (args[3] !== KEYS_HANDLER && args[3] !== FRAME_HANDLER) {
          if (args[3] !== 'aio_context_notifier') this.#wokeUp();
          ran(this.fds, Number(args[1]), timeNs);
        }
        break;
      case EV.aio_bh_call_begin:
        if (args[1] !== 'qemu_notify_bh') this.#happened();
        ran(this.bottomHalves, `${args[0]} ${args[1]}`, timeNs);
        break;
      case EV.timer_call_begin:
        if (args[0] !== DRAW_TIMER) this.#happened();
        ran(this.timers, String(args[0]), timeNs);
        break;
      case EV.signalfd_record:
        this.#happened();
        this.signals.set(Number(args[0]), (this.signals.get(Number(args[0])) ?? 0) + 1);
        break;
      case EV.coroutine_create:
        this.coroutines.set(Number(args[0]), String(args[1]));
        break;
      case EV.child_reap:
        this.reaped++;
        this.#happened();
        break;
      case EV.child_spawn:
      case EV.child_status:
        this.#happened();
        break;
      default:
    }
  }

  #begin(iteration: number): void {
    this.iteration = iteration;
    this.stop = iteration;
    this.inIteration = true;
    this.#held.length = 0;
    this.#foreign = !this.drawnByLoop;
    if (this.#foreign) this.version++;
    this.#woken = false;
    this.#phaseStartNs = 0;
    this.phase = '';
    this.#nowNs.fill(0);
  }

  #end(): void {
    this.inIteration = false;
    if (!this.#foreign) {
      this.ownIterations++;
      return;
    }
    this.lastNs.set(this.#nowNs);
  }

  #endPhase(timeNs: number): void {
    const at = this.phases.indexOf(this.phase);
    if (at >= 0 && this.#phaseStartNs > 0) {
      const ns = Math.max(0, timeNs - this.#phaseStartNs);
      this.#nowNs[at] = ns;
      this.totalNs[at]! += ns;
    }
    this.#phaseStartNs = timeNs;
  }

  /** Counts a wake-up if this is the first fd handler of the iteration, the view's own left out. */
  #wokeUp(): void {
    if (!this.#woken) this.wakeups++;
    this.#woken = true;
    this.#happened();
  }

  #happened(): void {
    this.version++;
    this.onHappened();
    if (this.#foreign) return;
    this.#foreign = true;
    this.#keepHeld();
  }

  #keepHeld(): void {
    for (const entry of this.#held) this.#keep(entry);
    this.#held.length = 0;
  }

  #keep(entry: Entry): void {
    this.#lines++;
    this.#events.push(entry);
    if (this.#events.length > 2 * MOST_EVENTS) this.#events = this.#events.slice(-MOST_EVENTS);
  }
}

function ran<K>(runs: Map<K, Runs>, key: K, timeNs: number): void {
  const found = runs.get(key);
  if (found === undefined) {
    runs.set(key, { count: 1, lastNs: timeNs });
    return;
  }
  found.count++;
  found.lastNs = timeNs;
}
