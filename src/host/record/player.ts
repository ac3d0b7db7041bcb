/** Reads the operations of a run, and compares them with those that are made now. */

import { ByteSink, ByteSource } from './bytes.ts';
import {
  RecordEnd,
  type RecordEnding,
  RecordReadError,
  ReplayDivergence,
  type ReplayPlace,
} from './errors.ts';
import type { RecordFile } from './file.ts';
import { OPS, type Op, showArgs, writeArgs } from './ops.ts';

const BY_SIGNATURE = new Map(OPS.map((one) => [one.signature, one]));

const ENDINGS: Readonly<Record<RecordEnding, string>> = {
  cut: 'is cut off',
  damaged: 'is damaged from here on',
  whole: 'ends',
  taken: 'was taken',
  asked: 'is replayed no further',
};

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
  readonly #file: RecordFile;
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

  constructor(file: RecordFile) {
    this.#file = file;
    this.source = new ByteSource(file.bytes, () => this.#cutOff());
    this.#ops = file.signatures.map((signature) => BY_SIGNATURE.get(signature));
    this.#codes = OPS.map(({ signature }) => file.signatures.indexOf(signature));
    this.#last = file.signatures.map(() => undefined);
    this.#time = this.#codeOf('time');
    this.#end = this.#codeOf('end');
    this.#taken = this.#codeOf('taken');
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
    this.#skipTimes();
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

  /** The program has ended, and so must the record. */
  finish(): void {
    if (this.ended !== null) return;
    this.#skipTimes();
    const start = this.source.at;
    if (this.source.atEnd) this.#cutOff();
    const head = this.source.uint();
    if (Math.floor(head / 2) === this.#end) return;
    if (Math.floor(head / 2) === this.#taken) this.#cutOff('taken');
    this.calls++;
    this.#fail(new ReplayDivergence(this.#place, this.#recordedAt(start), 'the end of the run'));
  }

  /** Ends the replay before an iteration: each later call throws. */
  stop(iteration: number): never {
    const message = `the replay ends before iteration ${iteration}, as asked`;
    return this.#fail(new RecordEnd(message, 'asked'));
  }

  get #place(): ReplayPlace {
    return { iteration: this.iteration(), call: this.calls };
  }

  /** Keeps an error that ends the replay. */
  #fail(error: Error): never {
    this.ended = error;
    this.onEnded(error);
    throw error;
  }

  #cutOff(ending = this.#file.ending): never {
    const { iteration, call } = this.#place;
    const why = ENDINGS[ending];
    const message = `the record ${why} in iteration ${iteration}, after ${call} calls`;
    return this.#fail(new RecordEnd(message, ending));
  }

  #diverges(start: number, what: Op, args: readonly unknown[]): never {
    const recorded = this.#recordedAt(start);
    const now = new ByteSink(4096);
    writeArgs(now, what, args);
    const bytes = now.bytes.slice(0, now.length);
    const shown = showArgs(new ByteSource(bytes, neverEnds), what);
    return this.#fail(new ReplayDivergence(this.#place, recorded, `${what.name}(${shown})`));
  }

  /** An operation of the record, for people. */
  #recordedAt(start: number): string {
    const { source } = this;
    source.at = start;
    const head = source.uint();
    const code = Math.floor(head / 2);
    const what = this.#ops[code];
    if (code === this.#end) return 'the end of the run';
    if (what === undefined) {
      const signature = this.#file.signatures[code];
      return signature === undefined
        ? `an unknown operation ${code}`
        : `${signature}, which this version does not have`;
    }
    const last = this.#last[code];
    const from = head % 2 === 0 ? source : new ByteSource(last ?? new Uint8Array(), neverEnds);
    try {
      return `${what.name}(${showArgs(from, what)})`;
    } catch (error) {
      if (error instanceof RecordReadError || error === this.ended) return what.name;
      throw error;
    }
  }
}

function neverEnds(): never {
  throw new RecordReadError('arguments end in their middle');
}
