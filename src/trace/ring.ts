import { checkArray, checkFunction, checkHas, checkInteger } from '../host/arguments.ts';
import type { ThreadSinks } from './backend.ts';
import { CATALOGUE, EVENT_NAMES, type EventDef, type EventId, isText } from './catalogue.ts';
import { checkThread, MAIN_THREAD, type TraceThread } from './thread.ts';
import { ARG_COUNTS, type TraceSink, type TraceValue } from './tracer.ts';

const MOST_ARGS = 8;
/** Numbers per slot: the id, the time, and the arguments. */
const NUMBERS = 2 + MOST_ARGS;

/** The arguments of each event that are texts: bit i stands for argument i. */
export const TEXT_BITS: Uint8Array = Uint8Array.from(EVENT_NAMES, (name) => {
  const { args }: EventDef = CATALOGUE[name];
  return args.reduce((bits, [, type], i) => (isText(type) ? bits | (1 << i) : bits), 0);
});
const TEXTS = Math.max(
  ...EVENT_NAMES.map((name) => {
    const { args }: EventDef = CATALOGUE[name];
    return args.filter(([, type]) => isText(type)).length;
  }),
);

/** The most that an array can hold. */
const MOST_EVENTS = 2 ** 28;

/**
 * The last events of a thread, in memory of a fixed size that is allocated at the start. Keeping an
 * event allocates nothing (except that V8 boxes its time, 16 bytes, on the way here); texts are
 * kept by reference.
 */
export class TraceRing {
  readonly capacity: number;
  /** The thread whose events these are. */
  readonly thread: TraceThread;
  /** Events kept so far, including those that have been overwritten. */
  total = 0;
  /** How many events after the last kept one are lost. */
  lostAfter = 0;
  readonly #numbers: Float64Array;
  readonly #texts: string[];
  readonly #args: TraceValue[] = new Array(MOST_ARGS).fill(undefined);
  #slot = 0;

  /** @throws TypeError, RangeError */
  constructor(capacity: number, thread: TraceThread = MAIN_THREAD) {
    checkInteger(capacity, 'TraceRing: the number of events', 1, MOST_EVENTS);
    checkThread(thread, 'TraceRing');
    this.capacity = capacity;
    this.thread = thread;
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
    checkFunction(sink, 'TraceRing.replay: the sink');
    for (let i = 0; i < this.kept; i++) this.replayOne(i, sink);
  }

  /** How many events are kept now. */
  get kept(): number {
    return Math.min(this.total, this.capacity);
  }

  /** The time of the oldest kept event; 0 if there is none. */
  get firstNs(): number {
    return this.timeNs(0);
  }

  /** @internal The time of a kept event, 0 being the oldest; 0 if there is no such event. */
  timeNs(event: number): number {
    return event < this.kept ? this.#numbers[this.#slotOf(event) * NUMBERS + 1]! : 0;
  }

  /** @internal Hands a kept event to a sink; 0 is the oldest. */
  replayOne(event: number, sink: TraceSink): void {
    const slot = this.#slotOf(event);
    const id = this.#numbers[slot * NUMBERS]! as EventId;
    this.#take(slot, id, this.#args);
    const [a, b, c, d, e, f, g, h] = this.#args;
    sink(id, this.#numbers[slot * NUMBERS + 1]!, a, b, c, d, e, f, g, h);
  }

  #slotOf(event: number): number {
    const first = this.total > this.capacity ? this.#slot : 0;
    return (first + event) % this.capacity;
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

/**
 * Hands the events of several threads on as one trace: by time; at the same time by the thread's
 * id, the main thread first; and each thread's in its own order. What a ring has lost is told
 * before its first event, and what was lost after its last one at the end.
 * @throws TypeError
 */
export function replayRings(rings: readonly TraceRing[], into: ThreadSinks): void {
  checkArray(rings, 'replayRings: the rings', 'an array of TraceRing');
  for (const ring of rings) {
    checkHas(ring, 'replayOne', 'replayRings: one of the rings', 'a TraceRing');
  }
  checkHas(into, 'sinkOf', 'replayRings: the sinks', 'a TraceBackend');
  const cursors = rings
    .toSorted((a, b) => a.thread.tid - b.thread.tid)
    .map((ring) => ({ ring, sink: into.sinkOf(ring.thread), next: 0, nextNs: ring.firstNs }))
    .filter(({ ring }) => ring.kept > 0);
  while (cursors.length > 0) {
    let first = 0;
    for (let i = 1; i < cursors.length; i++) {
      if (cursors[i]!.nextNs < cursors[first]!.nextNs) first = i;
    }
    const cursor = cursors[first]!;
    const { ring, sink, next, nextNs } = cursor;
    if (next === 0 && ring.dropped > 0) into.dropped(ring.dropped, nextNs, ring.thread);
    ring.replayOne(next, sink);
    if (next + 1 === ring.kept) cursors.splice(first, 1);
    else {
      cursor.next = next + 1;
      cursor.nextNs = ring.timeNs(next + 1);
    }
  }
  for (const ring of rings) {
    const lastNs = ring.timeNs(ring.kept - 1);
    if (ring.lostAfter > 0) into.dropped(ring.lostAfter, lastNs, ring.thread);
  }
}
