/** Reads the operations of a run, and compares them with those that are made now. */

import { HostGone } from '../host-gone.ts';
import { ByteSink, ByteSource } from './bytes.ts';
import {
  ENDINGS,
  RecordEnd,
  RecordReadError,
  ReplayDivergence,
  type ReplayPlace,
} from './errors.ts';
import type { ReplayedFile } from './file.ts';
import { callText, neverEnds, operationText } from './operation-text.ts';
import { OPS, type Op, writeArgs } from './ops.ts';
import { NO_CALL, type ReplayNote, type ReplayTurns } from './threads/replay-turns.ts';

const BY_SIGNATURE = new Map(OPS.map((one) => [one.signature, one]));

/** The answers of a record, in order. */
export class Player {
  readonly source: ByteSource;
  /** Operations so far. */
  calls = 0;
  /** The error that has ended it, which every later call throws again; null while it goes on. */
  ended: Error | null = null;
  /** Called with that error, at the end. */
  onEnded: (error: Error) => void = () => {};
  /** The iteration of the run, for messages. */
  iteration: () => number = () => 0;
  /** The time of the last trace event. */
  timeNs = 0;
  readonly #file: ReplayedFile;
  /** The operations by the numbers of this record; undefined for those that are unknown here. */
  readonly #ops: readonly (Op | undefined)[];
  /** The number of each of our operations in this record. */
  readonly #codes: readonly number[];
  readonly #last: (Uint8Array | undefined)[];
  readonly #now = new ByteSink(4096);
  /** The last event whose time was recorded. */
  #event = -1;
  readonly #time: number;
  readonly #end: number;
  readonly #taken: number;
  readonly #turn: number;
  /** Null until there is a second thread. */
  turns: ReplayTurns | null = null;

  constructor(file: ReplayedFile) {
    this.#file = file;
    this.source = new ByteSource(file.bytes, () => this.#cutOff());
    this.#ops = file.signatures.map((signature) => BY_SIGNATURE.get(signature));
    this.#codes = OPS.map(({ signature }) => file.signatures.indexOf(signature));
    this.#last = file.signatures.map(() => undefined);
    this.#time = this.#codeOf('time');
    this.#end = this.#codeOf('end');
    this.#taken = this.#codeOf('taken');
    this.#turn = this.#codeOf('turn');
  }

  #codeOf(name: string): number {
    return this.#codes[OPS.find((one) => one.name === name)!.code]!;
  }

  /**
   * Takes the next operation, which must be this one with these arguments. Its answer is next in
   * `source`.
   * @throws ReplayDivergence, RecordEnd, RecordReadError
   */
  begin(what: Op, args: readonly unknown[]): void {
    if (this.ended !== null) throw this.ended;
    const { source } = this;
    this.#comeRound();
    const start = source.at;
    if (source.atEnd) this.#cutOff();
    const head = source.uint();
    if (Math.floor(head / 2) === this.#taken) this.#cutOff('taken');
    this.calls++;
    if (Math.floor(head / 2) !== this.#codes[what.code]) this.#diverges(start, what, args);
    const now = this.#now;
    now.length = 0;
    now.room(256);
    writeArgs(now, what, args);
    if (!this.#isSame(what, head % 2 === 1)) this.#diverges(start, what, args);
  }

  /**
   * Takes the next operation if it is this one with the arguments of the last of its kind, which
   * are those of now.
   */
  again(what: Op): boolean {
    const { source } = this;
    if (this.ended !== null) return false;
    this.#skipTimes();
    const at = source.at;
    // The numbers of the frequent ones have one byte.
    if (source.bytes[at] !== 2 * this.#codes[what.code]! + 1) return false;
    source.at = at + 1;
    this.calls++;
    return true;
  }

  /** Compares the arguments of now with the recorded ones, and goes on after them. */
  #isSame({ code }: Op, isAgain: boolean): boolean {
    const { source } = this;
    const { bytes, length } = this.#now;
    const last = this.#last[this.#codes[code]!];
    const recorded = isAgain ? last : source.bytes.subarray(source.at, source.at + length);
    if (recorded === undefined || (isAgain && recorded.length !== length)) return false;
    const isCut = recorded.length < length;
    for (let i = 0; i < recorded.length; i++) if (recorded[i] !== bytes[i]) return false;
    if (isCut) this.#cutOff();
    if (isAgain) return true;
    source.at += length;
    this.#last[this.#codes[code]!] = recorded;
    return true;
  }

  /** Whether this operation is next, times of trace events left aside. Takes nothing. */
  isNext(what: Op): boolean {
    if (this.ended !== null) return false;
    const { source } = this;
    const [start, timeNs, event] = [source.at, this.timeNs, this.#event];
    this.#skipTimes();
    const is = !source.atEnd && Math.floor(source.uint() / 2) === this.#codes[what.code];
    source.at = start;
    this.timeNs = timeNs;
    this.#event = event;
    return is;
  }

  /**
   * The time of a trace event; NaN if it has none, since it was not on when the record was made.
   */
  time(event: number): number {
    if (this.ended !== null || this.#time < 0) return Number.NaN;
    const { source } = this;
    const [start, timeNs, last] = [source.at, this.timeNs, this.#event];
    while (this.#isTime()) if (this.#takeTime() === event) return this.timeNs;
    source.at = start;
    this.timeNs = timeNs;
    this.#event = last;
    return Number.NaN;
  }

  #isTime(): boolean {
    const byte = this.source.bytes[this.source.at];
    return byte !== undefined && byte >> 1 === this.#time;
  }

  #takeTime(): number {
    const { source } = this;
    if (source.uint() % 2 === 0) this.#event = source.plain();
    this.timeNs += source.plain();
    return this.#event;
  }

  #skipTimes(): void {
    while (this.#isTime()) this.#takeTime();
  }

  /** From here on nothing refers to what came before. See Recorder.restart. */
  restart(nowNs: number): void {
    this.#last.fill(undefined);
    this.#event = -1;
    this.timeNs = nowNs;
  }

  /** Lets other threads have their turns, up to the next one of this thread. */
  #comeRound(): void {
    this.#skipTimes();
    while (this.turns !== null && this.#givesTurn()) {
      this.takeTurn();
      this.#skipTimes();
    }
  }

  /** Gives the turn to the thread whose operations are next. Returns false if they are this one's. */
  #givesTurn(): boolean {
    const { source } = this;
    const start = source.at;
    if (source.atEnd) return false;
    if (Math.floor(source.uint() / 2) === this.#turn) {
      if (this.turns!.give(source.uint(), source.at)) return true;
      this.#fail(new RecordReadError(`byte ${start}: there is no such thread now`));
    }
    source.at = start;
    return false;
  }

  /** Waits for this thread's turn, and goes on at its operations. */
  takeTurn(): void {
    const turns = this.turns!;
    const at = turns.await();
    if (at >= 0) this.source.at = at;
    else if (at === NO_CALL) this.#fail(new RecordReadError('no thread makes a call'));
    else this.#overBy(turns.note);
  }

  /** Another thread has ended the replay. */
  #overBy(note: ReplayNote | null): never {
    if (this.turns!.number !== 0 || note === null) return this.#fail(new HostGone());
    const { thread, call, ending, recorded = '', now = '', message } = note;
    if (ending !== undefined) return this.#cutOff(ending);
    if (message !== undefined) return this.#fail(new RecordReadError(message));
    const place = { iteration: this.iteration(), call, thread };
    return this.#fail(new ReplayDivergence(place, recorded, now));
  }

  /** This thread has made its last call: the turn is another one's. */
  leave(): void {
    if (this.ended !== null) return;
    try {
      this.turns!.leave();
      this.#skipTimes();
      if (!this.#givesTurn()) this.#expectEnd(Number.NaN, 'the end of the thread');
    } catch (error) {
      // Nobody else would get the turn.
      throw this.ended ?? this.#fail(error as Error);
    }
  }

  /** The program has ended, and so must the record. */
  finish(): void {
    if (this.ended !== null) return;
    this.#comeRound();
    this.#expectEnd(this.#end, 'the end of the run');
  }

  /** @param end its operation; NaN: that of a thread has none */
  #expectEnd(end: number, what: string): void {
    const { source } = this;
    const start = source.at;
    if (source.atEnd) this.#cutOff();
    const code = Math.floor(source.uint() / 2);
    if (code === end) return;
    if (code === this.#taken) this.#cutOff('taken');
    this.calls++;
    this.#fail(new ReplayDivergence(this.#place, this.#recordedAt(start), what));
  }

  /** No call has an answer any more. */
  close(): void {
    this.ended = new HostGone();
    this.turns?.end(null);
  }

  /** Ends the replay before an iteration: each later call throws. */
  stop(iteration: number): never {
    const message = `the replay ends before iteration ${iteration}, as asked`;
    return this.#fail(new RecordEnd(message, 'asked'));
  }

  get #place(): ReplayPlace {
    const { turns } = this;
    const thread = turns === null || turns.number === 0 ? undefined : turns.name;
    return { iteration: this.iteration(), call: this.calls, thread };
  }

  /** Keeps an error that ends the replay, for all threads. */
  #fail(error: Error): never {
    this.ended = error;
    const { turns } = this;
    if (turns !== null && !turns.isOver) turns.end(this.#noteOf(error));
    this.onEnded(error);
    throw error;
  }

  /** A note about an error of this thread, for main. */
  #noteOf(error: Error): ReplayNote | null {
    const { name, number } = this.turns!;
    if (number === 0) return null;
    const own = { thread: name, call: this.calls };
    if (error instanceof RecordEnd) return { ...own, ending: error.ending };
    if (!(error instanceof ReplayDivergence)) return { ...own, message: error.message };
    return { ...own, recorded: error.recorded, now: error.now };
  }

  #cutOff(ending = this.#file.ending): never {
    const { iteration, call } = this.#place;
    const why = ENDINGS[ending];
    const message = `the record ${why} in iteration ${iteration}, after ${call} calls`;
    return this.#fail(new RecordEnd(message, ending));
  }

  #diverges(start: number, what: Op, args: readonly unknown[]): never {
    const now = new ByteSink(4096);
    writeArgs(now, what, args);
    const made = callText(what, new ByteSource(now.bytes.slice(0, now.length), neverEnds));
    return this.#fail(new ReplayDivergence(this.#place, this.#recordedAt(start), made));
  }

  #recordedAt(start: number): string {
    const { signatures, bytes } = this.#file;
    return operationText(bytes, start, { signatures, ops: this.#ops, last: this.#last });
  }
}
