import type { EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import type { Model } from './model.ts';
import type { ModelState } from './model-state.ts';
import { type Moment, readMoment } from './moment.ts';
import type { Rounds } from './rounds.ts';
import { readTape, type Tape, type TapeReader } from './tape.ts';

/** The view of an iteration that has just begun. */
export interface Picture {
  readonly iteration: number;
  readonly model: Model;
  readonly moment: Moment;
  /** The Model right before it. */
  readonly before: ModelState;
}

/** Reads tapes into a Model, up to the begin of an iteration. */
export class PictureReader implements TapeReader {
  readonly #model: Model;
  readonly #iteration: number;
  #names: readonly string[] = [];
  #moment: Moment | null = null;
  #before: ModelState | null = null;

  constructor(model: Model, iteration: number) {
    this.#model = model;
    this.#iteration = iteration;
    model.onBegin = (begun) => {
      if (begun === iteration) this.#before = model.state();
    };
  }

  read(tape: Tape): void {
    this.#names = tape.names;
    readTape(tape, this);
  }

  get picture(): Picture {
    if (this.#moment === null || this.#before === null) {
      throw new Error(`iteration ${this.#iteration} is not on the tape`);
    }
    const [iteration, model] = [this.#iteration, this.#model];
    return { iteration, model, moment: this.#moment, before: this.#before };
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
    if (this.#model.iteration !== this.#iteration) return true;
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
