import type { EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import type { Model } from './model.ts';
import type { ModelState } from './model-state.ts';
import { type Moment, readMoment } from './moment.ts';
import type { Rounds } from './rounds.ts';
import { iterationOf, othersOf } from './stops.ts';
import { readTape, type Tape, type TapeReader } from './tape.ts';

/** The view of a stop, whose iteration has just begun. */
export interface Picture {
  readonly stop: number;
  /** The thread that goes on there; '' if the stop is an iteration of main's. */
  readonly next: string;
  readonly model: Model;
  readonly moment: Moment;
  /** The Model right before it. */
  readonly before: ModelState;
}

/** Reads tapes into a Model, up to a stop. */
export class PictureReader implements TapeReader {
  readonly #model: Model;
  readonly #stop: number;
  readonly #next: string;
  /** Moments of its iteration that come before. */
  #earlier: number;
  #names: readonly string[] = [];
  #moment: Moment | null = null;
  #before: ModelState | null = null;

  constructor(model: Model, stop: number, next: string) {
    this.#model = model;
    this.#next = next;
    this.#stop = stop;
    // Before main's first iteration there are only those of others.
    this.#earlier = othersOf(stop) - (stop < 1 ? 1 : 0);
    model.onBegin = (begun) => {
      if (begun === iterationOf(stop)) this.#before = model.state();
    };
  }

  read(tape: Tape): void {
    this.#names = tape.names;
    readTape(tape, this);
  }

  get picture(): Picture {
    const [stop, model, moment] = [this.#stop, this.#model, this.#moment];
    if (moment === null) throw new Error(`iteration ${stop} is not on the tape`);
    return { stop, next: this.#next, model, moment, before: this.#before ?? model.state() };
  }

  event(id: EventId, timeNs: number, args: readonly TraceValue[]): void {
    this.#model.take(id, timeNs, args);
  }

  other(thread: string, id: EventId, timeNs: number, args: readonly TraceValue[]): void {
    this.#model.takeOther(thread, id, timeNs, args);
  }

  note(timeNs: number, func: string, text: string): void {
    this.#model.note(timeNs, func, text);
  }

  stoodStill(ns: number): void {
    this.#model.stoodStill(ns);
  }

  keepsAll(all: boolean): void {
    this.#model.keepAll = all;
  }

  moment(numbers: readonly number[]): boolean {
    if (this.#model.iteration !== iterationOf(this.#stop) || this.#earlier-- > 0) return true;
    this.#moment = readMoment(numbers, this.#names);
    return false;
  }
}

/** Reads a tape up to the begin of an iteration. */
export class Until implements TapeReader {
  readonly #rounds: Rounds;
  readonly #to: number;
  #iteration = 0;

  constructor(rounds: Rounds, to: number) {
    this.#rounds = rounds;
    this.#to = to;
  }

  event(id: EventId, _timeNs: number, args: readonly TraceValue[]): void {
    const mark = this.#rounds.at(id, args);
    if (mark?.kind === 'begin') this.#iteration = mark.iteration;
  }

  other(): void {}

  note(): void {}

  stoodStill(): void {}

  keepsAll(): void {}

  moment(): boolean {
    return this.#iteration < this.#to;
  }
}
