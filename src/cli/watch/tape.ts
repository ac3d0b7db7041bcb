/**
 * The inputs of a Model, in a few bytes an event: its time is kept as the difference from the last one, its
 * arguments as differences from the last event of its kind, or not at all if they are the same.
 */

import { ByteSink, ByteSource, isWhole } from '../../host/record/bytes.ts';
import type { EventId } from '../../trace/catalogue.ts';
import { TEXT_BITS } from '../../trace/ring.ts';
import { ARG_COUNTS, type TraceValue } from '../../trace/tracer.ts';
import type { ModelInputs } from './model-state.ts';
import { NameTable } from './names.ts';
import { NumberList } from './number-list.ts';

/** The numbers in front of the other inputs. */
const MOMENT = 0;
const OTHER = 1;
const NOTE = 2;
const STOOD = 3;
const KEEP_ALL = 4;
/** Twice the event's id, and 1 if its arguments are those of the last one, are added to it. */
const EVENT = 8;
/** The most bytes of a number. */
const MOST_BYTES = 20;
const MOST_ARGS = 8;

/** Inputs that were written. */
export interface Tape {
  readonly bytes: Uint8Array;
  readonly names: readonly string[];
}

/** Takes the inputs of a tape. */
export interface TapeReader extends ModelInputs {
  /**
   * A moment: its numbers, which are only lent. Returns whether to read on.
   */
  moment(numbers: readonly number[]): boolean;
}

export class TapeWriter implements ModelInputs {
  readonly names = new NameTable();
  readonly #sink = new ByteSink(4096);
  /** The arguments of the last event of each kind. */
  readonly #args: (number[] | undefined)[] = [];
  /** Those of the event that is written. */
  readonly #now = new Float64Array(MOST_ARGS);
  #lastNs = 0;
  /** The numbers of the last moment, and an array for those of the next. */
  #moment = new NumberList();
  #spare = new NumberList();

  get length(): number {
    return this.#sink.length;
  }

  /** A copy of what is written, up to a length. */
  tape(length = this.length): Tape {
    return { bytes: this.#sink.bytes.slice(0, length), names: this.names.list };
  }

  event(id: EventId, timeNs: number, args: readonly TraceValue[]): void {
    const sink = this.#sink;
    const count = ARG_COUNTS[id]!;
    const bits = TEXT_BITS[id]!;
    const found = this.#args[id];
    const last = found ?? new Array<number>(count).fill(0);
    this.#args[id] = last;
    const now = this.#now;
    let isSame = found !== undefined;
    for (let i = 0; i < count; i++) {
      const value = args[i];
      const number = (bits & (1 << i)) !== 0 ? this.names.of(String(value)) : Number(value);
      if (number !== last[i]) isSame = false;
      now[i] = number;
    }
    sink.room((count + 2) * MOST_BYTES);
    sink.uint(EVENT + 2 * id + (isSame ? 1 : 0));
    this.#time(timeNs);
    if (isSame) return;
    for (let i = 0; i < count; i++) {
      this.#change(now[i]!, last[i]!);
      last[i] = now[i]!;
    }
  }

  other(thread: string, id: EventId, timeNs: number, args: readonly TraceValue[]): void {
    this.#head(OTHER);
    this.#sink.uint(this.names.of(thread));
    this.event(id, timeNs, args);
  }

  note(timeNs: number, func: string, text: string): void {
    this.#head(NOTE);
    this.#sink.uint(this.names.of(func));
    this.#sink.uint(this.names.of(text));
    this.#time(timeNs);
  }

  stoodStill(ns: number): void {
    this.#head(STOOD);
    this.#change(ns, 0);
  }

  keepsAll(all: boolean): void {
    this.#head(KEEP_ALL);
    this.#sink.uint(all ? 1 : 0);
  }

  /** @param write adds the numbers to an array, with the names of this tape */
  moment(write: (into: NumberList) => void): void {
    const before = this.#moment;
    const now = this.#spare;
    now.clear();
    write(now);
    this.#moment = now;
    this.#spare = before;
    this.#head(MOMENT);
    const sink = this.#sink;
    sink.room((2 * now.length + 2) * MOST_BYTES);
    sink.uint(now.length);
    let unchanged = 0;
    for (let i = 0; i < now.length; i++) {
      const value = now.values[i]!;
      const last = i < before.length ? before.values[i]! : 0;
      if (value === last && i < before.length) {
        unchanged++;
        continue;
      }
      sink.uint(unchanged);
      this.#change(value, last);
      unchanged = 0;
    }
    sink.uint(unchanged);
  }

  #head(kind: number): void {
    this.#sink.room(4 * MOST_BYTES);
    this.#sink.uint(kind);
  }

  #time(timeNs: number): void {
    this.#change(timeNs, this.#lastNs);
    this.#lastNs = timeNs;
  }

  /** A number as its difference from another; as it is, if it is not whole. */
  #change(value: number, from: number): void {
    const base = Math.trunc(from);
    const by = value - base;
    if (isWhole(by) && base + by === value) this.#sink.number(by);
    else this.#sink.escaped(value);
  }
}

/**
 * Reads a tape, up to where its reader wants no more. Returns the place of the event before that; at the
 * end of the tape that.
 * @param lends whether arguments are only lent, which is faster
 */
export function readTape({ bytes, names }: Tape, to: TapeReader, lends = false): number {
  return new TapeReading(new ByteSource(bytes, tooShort), names, to, lends).run();
}

function tooShort(): never {
  throw new Error('a tape ends too early');
}

class TapeReading {
  readonly #source: ByteSource;
  readonly #names: readonly string[];
  readonly #to: TapeReader;
  /** The arguments of the last event of each kind, as numbers and as values. */
  readonly #args: (number[] | undefined)[] = [];
  readonly #values: (TraceValue[] | undefined)[] = [];
  readonly #moment: number[] = [];
  readonly #lends: boolean;
  #lastNs = 0;

  constructor(source: ByteSource, names: readonly string[], to: TapeReader, lends: boolean) {
    this.#lends = lends;
    this.#source = source;
    this.#names = names;
    this.#to = to;
  }

  run(): number {
    const source = this.#source;
    let event = 0;
    while (!source.atEnd) {
      const { at } = source;
      const head = source.uint();
      if (head >= EVENT) {
        event = at;
        const { id, args } = this.#event(head);
        this.#to.event(id, this.#lastNs, args);
      } else if (!this.#rest(head)) return event;
    }
    return source.at;
  }

  #rest(head: number): boolean {
    const source = this.#source;
    switch (head) {
      case OTHER: {
        const thread = this.#names[source.uint()]!;
        const { id, args } = this.#event(source.uint());
        this.#to.other(thread, id, this.#lastNs, args);
        return true;
      }
      case NOTE: {
        const [func, text] = [this.#names[source.uint()]!, this.#names[source.uint()]!];
        this.#to.note(this.#time(), func, text);
        return true;
      }
      case STOOD:
        this.#to.stoodStill(this.#changed(0));
        return true;
      case KEEP_ALL:
        this.#to.keepsAll(source.uint() === 1);
        return true;
      default:
        this.#readMoment();
        return this.#to.moment(this.#moment);
    }
  }

  #event(head: number): { id: EventId; args: readonly TraceValue[] } {
    const id = ((head - EVENT) >> 1) as EventId;
    this.#time();
    if (((head - EVENT) & 1) === 1) return { id, args: this.#values[id]! };
    const count = ARG_COUNTS[id]!;
    const last = this.#args[id] ?? new Array<number>(count).fill(0);
    this.#args[id] = last;
    const bits = TEXT_BITS[id]!;
    const old = this.#values[id];
    const values = this.#lends && old !== undefined ? old : new Array<TraceValue>(count);
    for (let i = 0; i < count; i++) {
      const number = this.#changed(last[i]!);
      last[i] = number;
      values[i] = (bits & (1 << i)) === 0 ? number : this.#names[number]!;
    }
    this.#values[id] = values;
    return { id, args: values };
  }

  #readMoment(): void {
    const source = this.#source;
    const numbers = this.#moment;
    const length = source.uint();
    for (let i = source.uint(); i < length; i += 1 + source.uint()) {
      numbers[i] = this.#changed(numbers[i] ?? 0);
    }
    numbers.length = length;
  }

  #time(): number {
    this.#lastNs = this.#changed(this.#lastNs);
    return this.#lastNs;
  }

  #changed(from: number): number {
    const source = this.#source;
    // Most differences take one byte.
    const byte = source.bytes[source.at]!;
    if (byte < 128) {
      source.at++;
      return Math.trunc(from) + ((byte & 1) === 1 ? -(byte + 1) / 2 : byte / 2);
    }
    return source.isEscaped ? source.plain() : Math.trunc(from) + source.plain();
  }
}
