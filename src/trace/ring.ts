import { checkInteger } from '../host/arguments.ts';
import { CATALOGUE, EVENT_NAMES, type EventDef, type EventId } from './catalogue.ts';
import { ARG_COUNTS, type TraceSink, type TraceValue } from './tracer.ts';

const MOST_ARGS = 8;
/** Numbers per slot: the id, the time, and the arguments. */
const NUMBERS = 2 + MOST_ARGS;

/** The arguments of each event that are texts: bit i stands for argument i. */
const TEXT_BITS = Uint8Array.from(EVENT_NAMES, (name) => {
  const { args }: EventDef = CATALOGUE[name];
  return args.reduce((bits, [, type], i) => (type === 'str' ? bits | (1 << i) : bits), 0);
});
const TEXTS = Math.max(
  ...EVENT_NAMES.map((name) => {
    const { args }: EventDef = CATALOGUE[name];
    return args.filter(([, type]) => type === 'str').length;
  }),
);

/** The most that an array can hold. */
const MOST_EVENTS = 2 ** 28;

/**
 * The last events of a trace, in memory of a fixed size that is allocated at the start. Keeping an
 * event allocates nothing (except that V8 boxes its time, 16 bytes, on the way here); texts are
 * kept by reference.
 */
export class TraceRing {
  readonly capacity: number;
  /** Events kept so far, including those that have been overwritten. */
  total = 0;
  readonly #numbers: Float64Array;
  readonly #texts: string[];
  #slot = 0;

  constructor(capacity: number) {
    checkInteger(capacity, 'TraceRing: the number of events', 1, MOST_EVENTS);
    this.capacity = capacity;
    this.#numbers = new Float64Array(capacity * NUMBERS);
    this.#texts = new Array<string>(capacity * TEXTS).fill('');
  }

  /** How many events have been overwritten. */
  get dropped(): number {
    return Math.max(0, this.total - this.capacity);
  }

  readonly sink: TraceSink = (id, timeNs, a, b, c, d, e, f, g, h) => {
    const slot = this.#slot;
    this.#slot = slot + 1 === this.capacity ? 0 : slot + 1;
    this.total++;
    const at = slot * NUMBERS;
    const count = ARG_COUNTS[id]!;
    this.#numbers[at] = id;
    this.#numbers[at + 1] = timeNs;
    let text = slot * TEXTS;
    if (count > 0) text = this.#put(at + 2, text, a);
    if (count > 1) text = this.#put(at + 3, text, b);
    if (count > 2) text = this.#put(at + 4, text, c);
    if (count > 3) text = this.#put(at + 5, text, d);
    if (count <= 4) return;
    text = this.#put(at + 6, text, e);
    if (count > 5) text = this.#put(at + 7, text, f);
    if (count > 6) text = this.#put(at + 8, text, g);
    if (count > 7) this.#put(at + 9, text, h);
  };

  /** Hands the kept events to a sink, oldest first. */
  replay(sink: TraceSink): void {
    const kept = Math.min(this.total, this.capacity);
    const first = this.total > this.capacity ? this.#slot : 0;
    const args: TraceValue[] = new Array(MOST_ARGS).fill(undefined);
    for (let i = 0; i < kept; i++) {
      const slot = (first + i) % this.capacity;
      const id = this.#numbers[slot * NUMBERS]! as EventId;
      this.#take(slot, id, args);
      const [a, b, c, d, e, f, g, h] = args;
      sink(id, this.#numbers[slot * NUMBERS + 1]!, a, b, c, d, e, f, g, h);
    }
  }

  /** The time of the oldest kept event; 0 if there is none. */
  get firstNs(): number {
    const first = this.total > this.capacity ? this.#slot : 0;
    return this.#numbers[first * NUMBERS + 1] ?? 0;
  }

  /** Stores a value; returns the index for the next text. */
  #put(at: number, text: number, value: TraceValue): number {
    if (typeof value !== 'string') {
      this.#numbers[at] = value as number;
      return text;
    }
    this.#texts[text] = value;
    return text + 1;
  }

  #take(slot: number, id: EventId, args: TraceValue[]): void {
    const count = ARG_COUNTS[id]!;
    const bits = TEXT_BITS[id]!;
    let text = slot * TEXTS;
    for (let i = 0; i < MOST_ARGS; i++) {
      if (i >= count) args[i] = undefined;
      else if ((bits & (1 << i)) !== 0) args[i] = this.#texts[text++];
      else args[i] = this.#numbers[slot * NUMBERS + 2 + i];
    }
  }
}
