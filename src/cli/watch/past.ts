import type { Kernel } from './kernel.ts';
import { MOST_EVENTS, Model } from './model.ts';
import type { ModelState } from './model-state.ts';
import { writeMoment } from './moment.ts';
import type { OutputPane, Place } from './pane.ts';
import { type Picture, PictureReader, Until } from './past-readers.ts';
import { AioPollRounds, MainLoopRounds, type Rounds } from './rounds.ts';
import { SearchReader, type Seek } from './search.ts';
import { iterationOf, nextOther, otherBefore, othersOf } from './stops.ts';
import type { Subject } from './subject.ts';
import { readTape, type Tape, TapeWriter } from './tape.ts';

/** A block ends after this many iterations, or this many bytes. */
const PER_BLOCK = 512;
const MOST_PER_BLOCK = 32 * 1024;
/** The most bytes of all blocks, unless it is said. */
const MOST_BYTES = 64 * 2 ** 20;

/** The run from an iteration on. */
interface Block {
  /** Its first iteration; 0 for what is before the first one. */
  readonly from: number;
  /** Its last iteration. */
  to: number;
  /** The Model before it. */
  readonly state: ModelState;
  /** Lines of output before it. */
  lines: number;
  /** The stops after which something other than the loop's own rounds has happened. */
  readonly eventful: number[];
  /** The stops that are iterations of other threads, and which thread goes on at each. */
  readonly others: { readonly stop: number; readonly next: string }[];
  tape: Tape;
}

/** Rounds that have counted the iterations before one. */
export function roundsFrom(drive: string, iteration: number): Rounds {
  if (drive !== 'aio_poll') return new MainLoopRounds();
  return new AioPollRounds(Math.max(0, iteration - 1));
}

/**
 * The run so far, as its view has seen it: the events, and what its objects were at the begin of each
 * iteration. The picture of any iteration is drawn from it without making the run again. It takes a
 * limited number of bytes; beyond that the oldest iterations are given up.
 */
export class Past {
  readonly #drive: string;
  readonly #drawnByLoop: boolean;
  readonly #most: number;
  readonly #blocks: Block[] = [];
  /** The last block, while it is written. */
  #writer: TapeWriter | null = null;
  #bytes = 0;

  /**
   * @param drive as a scenario's
   * @param drawnByLoop as Model's
   */
  constructor(drive: string, drawnByLoop: boolean, most = MOST_BYTES) {
    this.#drive = drive;
    this.#drawnByLoop = drawnByLoop;
    this.#most = most;
  }

  /** Bytes that it takes. */
  get bytes(): number {
    return this.#bytes + (this.#writer?.length ?? 0);
  }

  /** The first iteration that is kept. */
  get first(): number {
    return Math.max(1, this.#blocks[0]?.from ?? 1);
  }

  /** The last one that has begun. */
  get last(): number {
    return this.#blocks.at(-1)?.to ?? 0;
  }

  has(stop: number): boolean {
    if (othersOf(stop) > 0) return this.#nextAt(stop) !== '';
    return stop >= this.first && stop <= this.last;
  }

  /** The stop before another one; 0 if there is none. */
  before(stop: number): number {
    const iteration = iterationOf(stop);
    return othersOf(stop) > 0 ? otherBefore(stop) : this.#lastIn(iteration - 1);
  }

  /** The stop after another one, which may be the iteration that comes next. */
  after(stop: number): number {
    const iteration = iterationOf(stop);
    return this.#lastIn(iteration) > stop ? nextOther(stop) : iteration + 1;
  }

  /** The last stop in an iteration of main's. */
  #lastIn(iteration: number): number {
    const block = this.#blocks.findLast(({ from }) => from <= iteration);
    const found = block?.others.findLast((one) => one.stop < iteration + 1)?.stop ?? 0;
    return Math.max(iteration, found);
  }

  /** The thread that goes on at another thread's stop; '' for any other stop. */
  #nextAt(stop: number): string {
    const block = this.#blocks.findLast(({ from }) => from <= stop);
    return block?.others.find((one) => one.stop === stop)?.next ?? '';
  }

  /** Keeps what a Model takes, from the first iteration on that is not kept yet. */
  follow(model: Model): void {
    if (this.#blocks.length === 0) this.#open(0, model);
    model.onBegin = (iteration) => this.#begin(iteration, model);
    model.onHappened = () => {
      const block = this.#blocks.at(-1)!;
      const { stop } = model;
      if (this.#writer === null || stop === (block.eventful.at(-1) ?? 0)) return;
      // An event between two blocks belongs to the earlier one.
      block.eventful.push(stop);
    };
  }

  /** An iteration of another thread has begun, and a thread goes on: to be called before keepMoment. */
  keepOther(stop: number, next: string): void {
    if (this.#writer !== null) this.#blocks.at(-1)!.others.push({ stop, next });
  }

  /** An iteration has begun: keeps what its objects are. */
  keepMoment(subject: Subject, kernel: Kernel, lines: Place): void {
    const writer = this.#writer;
    if (writer === null) return;
    const block = this.#blocks.at(-1)!;
    if (block.lines < 0) [block.lines] = lines;
    writer.moment((into) => writeMoment(subject, kernel, lines, writer.names, into));
  }

  #begin(iteration: number, model: Model): void {
    if (this.#writer === null && iteration <= this.last) return;
    const block = this.#blocks.at(-1)!;
    const { length } = this.#writer ?? { length: MOST_PER_BLOCK };
    if (length >= MOST_PER_BLOCK || iteration - block.from >= PER_BLOCK) {
      this.#open(iteration, model);
    }
    this.#blocks.at(-1)!.to = iteration;
  }

  #open(from: number, model: Model): void {
    this.#close();
    const writer = new TapeWriter();
    const tape = writer.tape();
    const state = model.state();
    this.#blocks.push({ from, to: from, state, lines: -1, eventful: [], others: [], tape });
    this.#writer = writer;
    model.inputs = writer;
  }

  /** Puts what is written into its block, and makes room. */
  #close(): void {
    if (this.#writer === null) return;
    const block = this.#blocks.at(-1)!;
    block.tape = this.#writer.tape();
    this.#bytes += block.tape.bytes.length;
    this.#writer = null;
    while (this.#bytes > this.#most && this.#blocks.length > 1) {
      this.#bytes -= this.#blocks.shift()!.tape.bytes.length;
    }
  }

  /** Forgets an iteration and what comes after it: the run is made again, and kept from there. */
  cut(iteration: number): void {
    this.#close();
    const blocks = this.#blocks;
    while (blocks.length > 0 && blocks.at(-1)!.from >= iteration) {
      this.#bytes -= blocks.pop()!.tape.bytes.length;
    }
    const block = blocks.at(-1);
    if (block === undefined || block.to < iteration) return;
    const { bytes, names } = block.tape;
    const at = readTape(
      block.tape,
      new Until(roundsFrom(this.#drive, block.from), iteration),
      true,
    );
    block.tape = { bytes: bytes.slice(0, at), names };
    this.#bytes -= bytes.length - at;
    block.to = iteration - 1;
    while ((block.eventful.at(-1) ?? 0) >= iteration) block.eventful.pop();
    while ((block.others.at(-1)?.stop ?? 0) >= iteration) block.others.pop();
  }

  /** The last stop before one after which something happened; null if there is none. */
  eventfulBefore(stop: number): number | null {
    for (const { from, eventful } of this.#blocks.toReversed()) {
      if (from >= stop) continue;
      const found = eventful.findLast((one) => one < stop && one > 0);
      if (found !== undefined) return found;
    }
    return null;
  }

  /** The first stop after one after which something happened; null if there is none. */
  eventfulAfter(stop: number): number | null {
    for (const { to, eventful } of this.#blocks) {
      if (to + 1 <= stop) continue;
      const found = eventful.find((one) => one > stop);
      if (found !== undefined) return found;
    }
    return null;
  }

  /** The view of a stop that is kept, when its iteration had just begun. */
  picture(stop: number): Picture {
    const to = this.#blocks.findLastIndex(({ from }) => from <= stop);
    const lines = this.#blocks[to]!.state.lines - MOST_EVENTS;
    const from = Math.max(
      0,
      this.#blocks.findLastIndex(({ state }, i) => i <= to && state.lines <= lines),
    );
    const { state, from: begin } = this.#blocks[from]!;
    const model = new Model(roundsFrom(this.#drive, begin), this.#drawnByLoop);
    model.restore(state);
    const reader = new PictureReader(model, stop, this.#nextAt(stop));
    for (let i = from; i <= to; i++) reader.read(this.#tape(i));
    return reader.picture;
  }

  /**
   * The last iteration that has a text, or the first if the search goes forward; 0 if none has; -1 if
   * it was ended before.
   * @param output has the lines of the output
   * @param goesOn asked now and then, with the iteration that comes next, whether to go on
   */
  search(seek: Seek, output: OutputPane, goesOn: (iteration: number) => boolean): number {
    const { length } = this.#blocks;
    for (let n = 0; n < length; n++) {
      const i = seek.isForward ? n : length - 1 - n;
      const { from, to, state } = this.#blocks[i]!;
      if (to < seek.from || from > seek.to) continue;
      if (!goesOn(seek.isForward ? Math.max(from, seek.from) : Math.min(to, seek.to))) return -1;
      const reader = new SearchReader(roundsFrom(this.#drive, from), state, seek, output.lineAt);
      const found = reader.search(this.#tape(i), this.#blocks[i + 1]?.lines ?? output.place[0]);
      if (found > 0) return found;
    }
    return 0;
  }

  #tape(block: number): Tape {
    const isOpen = this.#writer !== null && block === this.#blocks.length - 1;
    return isOpen ? this.#writer!.tape() : this.#blocks[block]!.tape;
  }
}
