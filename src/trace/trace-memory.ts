import { EVENT_NAMES, type EventId, type EventName } from './catalogue.ts';
import { TEXT_BITS, TraceRing } from './ring.ts';
import type { TraceThread } from './thread.ts';
import { ARG_COUNTS, type TraceSink, type TraceValue } from './tracer.ts';

/** Bytes for the events of a thread. The kernel gives memory only for what is written. */
const BYTES = 64 * 2 ** 20;
/** The header's words: where the next event goes, the thread's id, and how many events found no room. */
const END = 0;
const TID = 1;
const LOST = 2;
/** The place of the first event, in bytes. */
const FIRST = 16;
/** Numbers of an event before its arguments: its id and time. */
const HEAD = 2;
const MOST_ARGS = 8;
/** UTF-8 needs at most this many bytes for a UTF-16 unit. */
const MOST_BYTES = 3;

/**
 * The events of one thread, in shared memory: the thread writes, and another one can read what is
 * there at any time, also when the writer was terminated. What comes after it is full is counted.
 *
 * An event is its id, its time and its arguments, 8 bytes each; in place of a text stands its
 * length in bytes, and the texts follow, each filled up to 8 bytes.
 */
export class TraceMemory {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #bytes: Buffer;
  readonly #args: TraceValue[] = new Array(MOST_ARGS).fill(undefined);

  constructor(memory = new SharedArrayBuffer(BYTES)) {
    this.memory = memory;
    this.#words = new Int32Array(memory, 0, FIRST / 4);
    this.#numbers = new Float64Array(memory);
    this.#bytes = Buffer.from(memory);
  }

  /** The id that `begin` was given; 0 until then. */
  get tid(): number {
    return Atomics.load(this.#words, TID);
  }

  /** @param tid as gettid, of the thread that calls */
  begin(tid: number): void {
    Atomics.store(this.#words, TID, tid);
  }

  readonly sink: TraceSink = (id, timeNs, ...args) => {
    const start = this.#end();
    const count = ARG_COUNTS[id]!;
    let text = start + 8 * (HEAD + count);
    if (this.#words[LOST] !== 0 || text + roomOf(args) > this.memory.byteLength) {
      Atomics.add(this.#words, LOST, 1);
      return;
    }
    const at = start / 8;
    this.#numbers[at] = id;
    this.#numbers[at + 1] = timeNs;
    for (let i = 0; i < count; i++) {
      if ((TEXT_BITS[id]! & (1 << i)) === 0) {
        this.#numbers[at + HEAD + i] = Number(args[i]);
        continue;
      }
      const length = this.#bytes.write(String(args[i]), text);
      this.#numbers[at + HEAD + i] = length;
      text += filled(length);
    }
    Atomics.store(this.#words, END, text);
  };

  /**
   * The events written so far, as a ring.
   * @param thread whose events they are
   * @param events the events to take
   * @param capacity how many to keep, the last ones; undefined: all
   */
  toRing(thread: TraceThread, events: readonly EventName[], capacity?: number): TraceRing {
    const wanted = Uint8Array.from(EVENT_NAMES, (event) => (events.includes(event) ? 1 : 0));
    let count = 0;
    this.readFrom(0, (id) => {
      count += wanted[id]!;
    });
    const ring = new TraceRing(capacity ?? Math.max(1, count), thread);
    this.readFrom(0, (id, ...rest) => {
      if (wanted[id] !== 0) ring.sink(id, ...rest);
    });
    ring.lostAfter = Atomics.load(this.#words, LOST);
    return ring;
  }

  /**
   * Hands the events from a place on to a sink, and returns the place of the next one.
   * @param from 0, or a place that this has returned
   */
  readFrom(from: number, sink: TraceSink): number {
    const args = this.#args;
    let at = Math.max(FIRST, from);
    for (const end = this.#end(); at < end; ) {
      const id = this.#numbers[at / 8]! as EventId;
      const timeNs = this.#numbers[at / 8 + 1]!;
      const count = ARG_COUNTS[id]!;
      let text = at + 8 * (HEAD + count);
      for (let i = 0; i < MOST_ARGS; i++) {
        const number = this.#numbers[at / 8 + HEAD + i]!;
        if (i >= count) args[i] = undefined;
        else if ((TEXT_BITS[id]! & (1 << i)) === 0) args[i] = number;
        else {
          args[i] = this.#bytes.toString('utf8', text, text + number);
          text += filled(number);
        }
      }
      const [a, b, c, d, e, f, g, h] = args;
      sink(id, timeNs, a, b, c, d, e, f, g, h);
      at = text;
    }
    return at;
  }

  #end(): number {
    return Math.max(FIRST, Atomics.load(this.#words, END));
  }
}

function filled(bytes: number): number {
  return 8 * Math.ceil(bytes / 8);
}

/** The most bytes that the texts among these may need. */
function roomOf(args: readonly TraceValue[]): number {
  let bytes = 0;
  for (const arg of args) if (typeof arg === 'string') bytes += filled(MOST_BYTES * arg.length);
  return bytes;
}
